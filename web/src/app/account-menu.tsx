import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LogOut, ShieldAlert, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import { useSignOut } from "@/features/account/session";
import { LANGUAGES, type Language, setLanguage } from "@/i18n/language";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";

const THEMES: Theme[] = ["dark", "light"];

export function AccountMenu() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const me = useQuery(meQuery).data;
  const signOut = useSignOut();
  const theme = useTheme();
  const leave = () =>
    signOut.mutate(undefined, { onSuccess: () => void navigate({ to: "/sign-in" }) });
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-10 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
        >
          <span
            aria-hidden
            className="grid size-6 shrink-0 place-items-center rounded-full bg-selected font-semibold text-2xs text-accent"
          >
            {initial(me?.name)}
          </span>
          <span className="min-w-0 flex-1 truncate text-muted">{me?.name}</span>
          <span className="sr-only">{t("shell.account")}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
        </button>
      }
    >
      <MenuLabel>{me?.email}</MenuLabel>
      <MenuItem asChild>
        <Link to="/profile">
          <UserRound size={14} aria-hidden className="text-faint" />
          {t("shell.pages.profile")}
        </Link>
      </MenuItem>
      {me?.is_admin && (
        <MenuItem asChild>
          <Link to="/administration" search={{}}>
            <ShieldAlert size={14} aria-hidden className="text-faint" />
            {t("shell.pages.administration")}
          </Link>
        </MenuItem>
      )}
      <MenuLine />
      <MenuLabel>{t("shell.theme")}</MenuLabel>
      {THEMES.map((one) => (
        <MenuCheck key={one} isChecked={theme === one} onChange={() => setTheme(one)} keepOpen>
          {t(one === "dark" ? "shell.themeDark" : "shell.themeLight")}
        </MenuCheck>
      ))}
      <MenuLabel>{t("shell.language")}</MenuLabel>
      {Object.entries(LANGUAGES).map(([language, name]) => (
        <MenuCheck
          key={language}
          isChecked={i18n.language === language}
          onChange={() => void setLanguage(language as Language)}
          keepOpen
        >
          <span lang={language}>{name}</span>
        </MenuCheck>
      ))}
      <MenuLine />
      <MenuItem onSelect={leave}>
        <LogOut size={14} aria-hidden className="text-faint" />
        {t("shell.signOut")}
      </MenuItem>
    </Menu>
  );
}

function initial(name: string | undefined): string {
  return [...(name ?? "")][0]?.toUpperCase() ?? "";
}
