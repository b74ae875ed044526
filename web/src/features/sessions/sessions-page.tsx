import { Link } from "@tanstack/react-router";
import { MonitorSmartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ClientSession } from "@/api/types";
import { clientTitle } from "@/lib/clients";
import { formatDuration } from "@/lib/duration";
import { formatCount } from "@/lib/numbers";
import { formatMoment, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useZone } from "@/lib/zone";
import { Button, buttonClass } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { SessionState } from "./session-state";
import { useSessions } from "./sessions";

export function SessionsPage({ project }: { project: string }) {
  const { t } = useTranslation();
  const { list, older } = useSessions(project);
  const rows = list.data?.rows;
  return (
    <Page title={t("sessions.title")}>
      <p className="text-muted">{t("sessions.text")}</p>
      {list.isPending && <SkeletonRows count={8} height={52} />}
      {list.isError && !rows && (
        <ProblemView error={list.error} onRetry={() => void list.refetch()} />
      )}
      {rows?.length === 0 && (
        <EmptyState
          icon={<MonitorSmartphone size={28} aria-hidden />}
          title={t("sessions.emptyTitle")}
          text={t("sessions.empty")}
        >
          <Link
            to="/projects/$project/connect"
            params={{ project }}
            className={buttonClass("solid")}
          >
            {t("shell.pages.connect")}
          </Link>
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <ul className="divide-y divide-border-subtle rounded-lg border border-border">
          {rows.map((session) => (
            <SessionItem key={session.id} project={project} session={session} />
          ))}
        </ul>
      )}
      {older.isError && <ProblemView error={older.error} isInline />}
      {list.data?.hasOlder && (
        <Button className="self-center" disabled={older.isPending} onClick={() => older.mutate()}>
          {t("words.loadMore")}
        </Button>
      )}
    </Page>
  );
}

function SessionItem({ project, session }: { project: string; session: ClientSession }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  useZone();
  const { client, failed_calls: failed, total_calls: total } = session;
  const end = session.ended_at ? Date.parse(session.ended_at) : now;
  const lasted = Math.max(0, end - Date.parse(session.started_at)) * 1_000;
  const failures = failed > 0 && (
    <span className="ml-2 text-error">
      {t("sessions.failed", { count: formatCount(failed, i18n.language) })}
    </span>
  );
  return (
    <li className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-1 px-4 py-2.5 first:rounded-t-lg last:rounded-b-lg hover:bg-hover md:grid-cols-[minmax(0,1fr)_9rem_8rem_7rem]">
      <div className="flex min-w-0 flex-col">
        <Link
          to="/projects/$project/sessions/$session"
          params={{ project, session: session.id }}
          className="truncate font-semibold after:absolute after:inset-0"
        >
          {clientTitle(client)}
          {client.version && (
            <span className="ml-1.5 font-normal text-muted">{client.version}</span>
          )}
        </Link>
        <span className="truncate font-mono text-muted text-xs">
          {[session.revision, client.ip_address].filter(Boolean).join(" · ")}
        </span>
        <span className="tabular text-muted text-xs md:hidden">
          {formatRelative(session.started_at, now, i18n.language)} ·{" "}
          {t("sessions.calls", { count: total })}
          {failures}
        </span>
      </div>
      <span className="tabular text-muted text-xs max-md:hidden">
        {t("sessions.calls", { count: total })}
        {failures}
      </span>
      <time
        dateTime={session.started_at}
        title={formatMoment(session.started_at)}
        className="text-muted text-xs max-md:hidden"
      >
        {formatRelative(session.started_at, now, i18n.language)}
        <span className="tabular block font-mono">{formatDuration(lasted)}</span>
      </time>
      <SessionState session={session} />
    </li>
  );
}
