import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectsQuery } from "@/api/projects";
import type { Activity } from "@/api/types";
import type { Feed } from "./activities";

/** In which project it was done, where the list is of more than one. */
export function Where({ activity, feed }: { activity: Activity; feed: Feed }) {
  const projects = useQuery(projectsQuery).data;
  const project = projects?.find(({ id }) => id === activity.project_id);
  if (!project || (feed !== "deployment" && "project" in feed)) return null;
  return (
    <>
      {" · "}
      <Link
        to="/projects/$project/activity"
        params={{ project: project.slug }}
        search={{}}
        className="text-muted underline hover:text-text"
      >
        {project.name}
      </Link>
    </>
  );
}
