import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import { newestSessionsQuery } from "@/api/sessions";
import { ServerStateBadge } from "@/features/servers/server-state";
import { SessionState } from "@/features/sessions/session-state";
import { clientTitle } from "@/lib/clients";
import { formatMoment, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useZone } from "@/lib/zone";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { Status } from "@/ui/status";
import { failuresQuery } from "./overview";

const ROW = "relative flex h-9 items-center gap-3 rounded-md px-2 -mx-2 hover:bg-hover";
const LINK = "min-w-0 truncate font-semibold after:absolute after:inset-0";
/** So many servers are listed; the page of servers has all. */
const MOST_SERVERS = 6;

export function Servers({ project }: { project: string }) {
  const { t } = useTranslation();
  const servers = useQuery(serversQuery(project));
  return (
    <Section title={t("shell.pages.servers")}>
      <Rows list={servers} none={t("servers.emptyTitle")}>
        {servers.data?.slice(0, MOST_SERVERS).map((server) => (
          <li key={server.id} className={ROW}>
            <Link
              to="/projects/$project/servers/$server"
              params={{ project, server: server.name }}
              className={LINK}
            >
              {server.name}
            </Link>
            <span className="ml-auto">
              <ServerStateBadge project={project} server={server} />
            </span>
          </li>
        ))}
        {servers.data && servers.data.length > MOST_SERVERS && (
          <li className={ROW}>
            <Link
              to="/projects/$project/servers"
              params={{ project }}
              className="text-accent after:absolute after:inset-0"
            >
              {t("toolCalls.facets.more", { count: servers.data.length - MOST_SERVERS })}
            </Link>
          </li>
        )}
      </Rows>
    </Section>
  );
}

export function Failures({ project, last }: { project: string; last: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  useZone();
  const failures = useQuery(failuresQuery(project, last));
  return (
    <Section title={t("overview.failures")}>
      <Rows list={failures} none={t("metrics.noFailures")}>
        {failures.data?.map((call) => (
          <li key={call.id} className={ROW}>
            <Status status={call.status} className="shrink-0 text-xs" />
            <Link
              to="/projects/$project/tool-calls"
              params={{ project }}
              search={{ last, q: "status:(error OR timeout)", call: call.id }}
              className={`${LINK} max-w-1/2 shrink-0 font-mono text-xs`}
            >
              {call.tool_name}
            </Link>
            <span className="min-w-0 truncate text-muted text-xs">{call.error_message}</span>
            <time
              dateTime={call.started_at}
              title={formatMoment(call.started_at)}
              className="ml-auto shrink-0 text-muted text-xs"
            >
              {formatRelative(call.started_at, now, i18n.language)}
            </time>
          </li>
        ))}
      </Rows>
    </Section>
  );
}

export function Clients({ project }: { project: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const sessions = useQuery(newestSessionsQuery(project));
  return (
    <Section title={t("shell.pages.sessions")}>
      <Rows list={sessions} none={t("sessions.emptyTitle")}>
        {sessions.data?.map((session) => (
          <li key={session.id} className={ROW}>
            <Link
              to="/projects/$project/sessions/$session"
              params={{ project, session: session.id }}
              className={LINK}
            >
              {clientTitle(session.client)}
            </Link>
            <span className="truncate text-muted text-xs">
              {formatRelative(session.started_at, now, i18n.language)}
            </span>
            <span className="ml-auto">
              <SessionState session={session} />
            </span>
          </li>
        ))}
      </Rows>
    </Section>
  );
}

interface RowsProps {
  list: {
    data: unknown[] | undefined;
    error: unknown;
    isPending: boolean;
    refetch: () => unknown;
  };
  none: string;
  children: ReactNode;
}

function Rows({ list, none, children }: RowsProps) {
  if (list.isPending) return <SkeletonRows count={4} height={36} />;
  if (list.error && !list.data) {
    return <ProblemView error={list.error} onRetry={() => void list.refetch()} isInline />;
  }
  if (list.data?.length === 0) return <p className="text-muted">{none}</p>;
  return <ul className="-my-1.5 flex flex-col">{children}</ul>;
}
