import { clsx } from "clsx";
import { Star } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Project } from "@/api/types";
import { IconButton } from "@/ui/button";
import { useMarkProject } from "./projects";

interface Props {
  project: Pick<Project, "name" | "slug" | "is_favorite">;
  className?: string;
}

/** Puts a project before the others, for the reader alone. */
export function FavoriteStar({ project, className }: Props) {
  const { t } = useTranslation();
  const mark = useMarkProject(project.slug);
  // What was asked for shows at once; a refusal takes it back.
  const isMarked = mark.isPending ? mark.variables : project.is_favorite;
  return (
    <IconButton
      label={t("projects.favorite", { name: project.name })}
      aria-pressed={isMarked}
      className={className}
      disabled={mark.isPending}
      onClick={() => mark.mutate(!isMarked)}
    >
      <Star size={15} aria-hidden className={clsx(isMarked && "fill-current text-timeout")} />
    </IconButton>
  );
}
