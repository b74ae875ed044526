import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/projects";
import { formatDay } from "@/lib/time";
import { useProjects } from "./administration";
import { AdministrationFrame } from "./frame";
import { Figures, Named, Rows } from "./rows";

/** Every project, whoever is in it; its calls are for members alone. */
export function ProjectsPage() {
  const { t } = useTranslation();
  const projects = useProjects();
  const mine = useQuery(projectsQuery).data;
  return (
    <AdministrationFrame>
      <p className="text-muted">{t("administration.projects.text")}</p>
      <Rows of={projects} empty={t("administration.projects.none")}>
        {({ id, slug, name, ...project }) => (
          <>
            <Named
              name={
                mine?.some((one) => one.id === id) ? (
                  <Link
                    to="/projects/$project"
                    params={{ project: slug }}
                    className="hover:underline"
                  >
                    {name}
                  </Link>
                ) : (
                  name
                )
              }
              below={<code className="font-mono">{slug}</code>}
            />
            <Figures
              of={[
                [t("members.title"), project.members],
                [t("shell.pages.servers"), project.servers],
                [t("administration.liveKeys"), project.live_api_keys],
                [t("administration.since"), formatDay(project.created_at)],
              ]}
            />
          </>
        )}
      </Rows>
    </AdministrationFrame>
  );
}
