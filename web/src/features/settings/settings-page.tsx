import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { PayloadsForm } from "./payloads-form";
import { RetentionForm } from "./retention-form";
import { settingsQuery } from "./settings";

/** What a project keeps, and for how long. */
export function SettingsPage({ project }: { project: string }) {
  const { t } = useTranslation();
  const settings = useQuery(settingsQuery(project));
  const mayChange = useMay(project, "manage_project");
  const { data } = settings;
  const shared = { project, isReadOnly: !mayChange };
  return (
    <Page title={t("settings.title")}>
      {!mayChange && <p className="text-muted">{t("settings.readOnly")}</p>}
      {settings.isPending && <SkeletonRows count={6} height={48} />}
      {settings.isError && !data && (
        <ProblemView error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {data && (
        <>
          <Section title={t("settings.payloads.title")}>
            <PayloadsForm key={data.tag} settings={data.settings} {...shared} />
          </Section>
          <Section title={t("settings.retention.title")}>
            <RetentionForm key={data.tag} retention={data.settings.retention} {...shared} />
          </Section>
          <Section title={t("settings.people.title")}>
            <p className="text-muted">
              {t("settings.people.text")}{" "}
              <Link
                to="/projects/$project/members"
                params={{ project }}
                className="text-accent underline"
              >
                {t("settings.people.link")}
              </Link>
            </p>
          </Section>
        </>
      )}
    </Page>
  );
}
