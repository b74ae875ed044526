import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FolderPlus, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/projects";
import type { Project } from "@/api/types";
import { formatDay } from "@/lib/time";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { CreateProjectDialog } from "./create-dialog";
import { FavoriteStar } from "./favorite-star";

interface Props {
  isCreating: boolean;
}

export function ProjectsPage({ isCreating }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const projects = useQuery(projectsQuery);
  const [isOpen, setOpen] = useState(isCreating);
  const open = () => setOpen(true);
  const create = (
    <Button look="solid" onClick={open}>
      <Plus size={14} aria-hidden />
      {t("projects.new")}
    </Button>
  );
  return (
    <Page title={t("projects.title")} actions={create}>
      {projects.isPending && <SkeletonRows count={4} height={68} />}
      {projects.isError && (
        <ProblemView error={projects.error} onRetry={() => void projects.refetch()} />
      )}
      {projects.data?.length === 0 && (
        <EmptyState
          icon={<FolderPlus size={28} aria-hidden />}
          title={t("projects.emptyTitle")}
          text={t("projects.empty")}
        >
          <Button look="solid" onClick={open}>
            {t("projects.new")}
          </Button>
        </EmptyState>
      )}
      {projects.data && projects.data.length > 0 && (
        <ul className="grid gap-3 md:grid-cols-2">
          {projects.data.map((project) => (
            <ProjectCard key={project.id} project={project} />
          ))}
        </ul>
      )}
      <CreateProjectDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onCreated={({ slug }) =>
          void navigate({ to: "/projects/$project", params: { project: slug } })
        }
      />
    </Page>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const { t } = useTranslation();
  return (
    <li className="relative flex flex-col gap-1 rounded-lg border border-border bg-raised p-4 transition-colors hover:border-border-strong hover:bg-hover">
      <div className="flex items-center gap-2">
        <Link
          to="/projects/$project"
          params={{ project: project.slug }}
          className="min-w-0 flex-1 truncate font-semibold text-base after:absolute after:inset-0 after:rounded-lg"
        >
          {project.name}
        </Link>
        {project.role && (
          <span className="rounded-sm border border-border px-1.5 text-2xs text-muted">
            {t(`projects.roles.${project.role}`)}
          </span>
        )}
        <FavoriteStar project={project} className="relative -my-1 -mr-1.5" />
      </div>
      <span className="truncate font-mono text-muted text-xs">{project.slug}</span>
      {project.description && (
        <span className="line-clamp-2 text-muted">{project.description}</span>
      )}
      <span className="mt-auto pt-1 text-faint text-xs">
        {t("projects.created", { when: formatDay(project.created_at) })}
      </span>
    </li>
  );
}
