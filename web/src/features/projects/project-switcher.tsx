import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, ChevronsUpDown, LayoutGrid, Plus, Star, Trash2, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { projectsQuery } from "@/api/projects";
import { Logo } from "@/ui/logo";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";

/** Names the project that one is in, and leads to the others. */
export function ProjectSwitcher({ current }: { current: string | undefined }) {
  const { t } = useTranslation();
  const projects = useQuery(projectsQuery).data ?? [];
  const shown = projects.find(({ slug, id }) => slug === current || id === current);
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-9 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
        >
          <Logo />
          <span className="min-w-0 flex-1 truncate font-semibold">
            {shown?.name ?? current ?? t("shell.product")}
          </span>
          <span className="sr-only">{t("shell.switchProject")}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
        </button>
      }
    >
      {projects.length > 0 && <MenuLabel>{t("shell.switchProject")}</MenuLabel>}
      {projects.map((project) => (
        <MenuItem key={project.id} asChild>
          <Link to="/projects/$project" params={{ project: project.slug }}>
            <span className="min-w-0 flex-1 truncate">{project.name}</span>
            {project.is_favorite && (
              <Star size={12} aria-hidden className="fill-current text-timeout" />
            )}
            {project === shown && <Check size={14} aria-hidden className="text-accent" />}
          </Link>
        </MenuItem>
      ))}
      {projects.length > 0 && <MenuLine />}
      <MenuItem asChild>
        <Link to="/projects">
          <LayoutGrid size={14} aria-hidden className="text-faint" />
          {t("shell.allProjects")}
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/teams" search={{}}>
          <Users size={14} aria-hidden className="text-faint" />
          {t("shell.pages.teams")}
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/trash">
          <Trash2 size={14} aria-hidden className="text-faint" />
          {t("shell.pages.trash")}
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to="/projects" search={{ new: "1" }}>
          <Plus size={14} aria-hidden className="text-faint" />
          {t("shell.newProject")}
        </Link>
      </MenuItem>
    </Menu>
  );
}
