import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import type { Activity } from "@/api/types";
import type { Feed } from "./activities";
import { GROUP_OF } from "./types";

const LINK = "font-semibold hover:underline [overflow-wrap:anywhere]";

interface Props {
  activity: Activity;
  feed: Feed;
}

/** What it was done to, as it was called then; leads there where it is still there. */
export function Target({ activity, feed }: Props) {
  const { t } = useTranslation();
  const { type, target_name: name } = activity;
  const group = type === "unknown" ? undefined : GROUP_OF[type];
  const said = type === "administrator_looked" ? t(`activity.looked.${name}`) : (name ?? "");
  if (typeof feed === "object" && "project" in feed) {
    const { project } = feed;
    if (group === "servers") return <ServerTarget project={project} activity={activity} />;
    if (group === "apiKeys") {
      return (
        <Link to="/projects/$project/api-keys" params={{ project }} className={LINK}>
          {said}
        </Link>
      );
    }
    if (group === "members" || group === "invitations" || group === "team") {
      return (
        <Link to="/projects/$project/members" params={{ project }} className={LINK}>
          {said}
        </Link>
      );
    }
  }
  return <b className="font-semibold [overflow-wrap:anywhere]">{said}</b>;
}

/** Has the servers read again when something became of one, so that links lead to what is there. */
export function useCurrentServers(feed: Feed, rows: Activity[] | undefined): void {
  const queries = useQueryClient();
  const project = typeof feed === "object" && "project" in feed ? feed.project : undefined;
  const newest = rows?.find(({ type }) => type !== "unknown" && GROUP_OF[type] === "servers")?.id;
  useEffect(() => {
    if (project && newest) void queries.invalidateQueries(serversQuery(project));
  }, [queries, project, newest]);
}

function ServerTarget({ project, activity }: { project: string; activity: Activity }) {
  const servers = useQuery(serversQuery(project)).data;
  // It may be gone by now, or have another name.
  const server = servers?.find(({ id }) => id === activity.target_id);
  if (!server) return <b className="font-semibold">{activity.target_name}</b>;
  return (
    <Link
      to="/projects/$project/servers/$server"
      params={{ project, server: server.name }}
      className={LINK}
    >
      {activity.target_name}
    </Link>
  );
}
