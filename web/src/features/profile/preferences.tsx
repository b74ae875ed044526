import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, setLanguage } from "@/i18n/language";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { setZone, useZone, type Zone } from "@/lib/zone";
import { SelectField } from "@/ui/field";

/** How the pages look and speak, in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const zone = useZone();
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("profile.preferencesText")}</p>
      <div className="grid gap-4 md:grid-cols-3">
        <SelectField
          label={t("shell.language")}
          value={i18n.language}
          onChange={(event) => void setLanguage(event.target.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([language, name]) => (
            <option key={language} value={language} lang={language}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t("shell.theme")}
          value={theme}
          onChange={(event) => setTheme(event.target.value as Theme)}
        >
          <option value="dark">{t("shell.themeDark")}</option>
          <option value="light">{t("shell.themeLight")}</option>
        </SelectField>
        <SelectField
          label={t("range.zone")}
          value={zone}
          onChange={(event) => setZone(event.target.value as Zone)}
        >
          <option value="local">{t("range.zones.local")}</option>
          <option value="utc">{t("range.zones.utc")}</option>
        </SelectField>
      </div>
    </div>
  );
}
