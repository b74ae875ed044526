import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import { projectQuery } from "@/api/project";
import { ProjectForm } from "@/features/projects/project-form";
import { DiscardSection } from "@/features/trash/discard-section";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { PayloadsForm } from "./payloads-form";
import { RetentionForm } from "./retention-form";
import { settingsQuery } from "./settings";

interface Props {
  project: string;
  onDiscarded: () => void;
}

/** What a project is called, what it keeps, and for how long. */
export function SettingsPage({ project, onDiscarded }: Props) {
  const { t } = useTranslation();
  const settings = useQuery(settingsQuery(project));
  const own = useQuery(projectQuery(project)).data;
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
      {mayChange && own && (
        <Section title={t("projects.nameAndText")}>
          <ProjectForm key={`${own.name}\n${own.description}`} project={own} />
        </Section>
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
      {mayChange && own && (
        <DiscardSection thing={{ ...own, kind: "project" }} onDiscarded={onDiscarded} />
      )}
    </Page>
  );
}
