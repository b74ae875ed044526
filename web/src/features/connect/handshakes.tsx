import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { newestSessionsQuery } from "@/api/sessions";
import { clientTitle } from "@/lib/clients";
import { formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { ProblemView } from "@/ui/states";

/** How often this page looks for a client that came: somebody waits for it. */
const LOOK_MS = 2_000;
const ROWS = 3;

/** The handshakes that were seen, those since the page was opened first of all. */
export function Handshakes({ project }: { project: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(5_000);
  const [openedAt] = useState(() => Date.now());
  const sessions = useQuery({
    ...newestSessionsQuery(project),
    staleTime: 0,
    refetchInterval: LOOK_MS,
  });
  const rows = sessions.data?.slice(0, ROWS) ?? [];
  const isNew = (at: string) => Date.parse(at) >= openedAt;
  const hasNew = rows.some(({ started_at }) => isNew(started_at));
  return (
    <section className="flex flex-col gap-2 rounded-lg border border-border p-4">
      <h2 className="font-semibold">{t("connect.handshakes")}</h2>
      {sessions.isError && !sessions.data && <ProblemView error={sessions.error} isInline />}
      <p
        role="status"
        className={clsx("flex items-center gap-2", hasNew ? "text-success" : "text-muted")}
      >
        <span
          aria-hidden
          className={clsx(
            "size-2 rounded-full",
            hasNew ? "bg-success" : "animate-pulse bg-running",
          )}
        />
        {t(hasNew ? "connect.seen" : "connect.waiting")}
      </p>
      <ul className="flex flex-col">
        {rows.map((session) => (
          <li
            key={session.id}
            className="relative flex h-8 items-center gap-3 rounded-md hover:bg-hover"
          >
            <Link
              to="/projects/$project/sessions/$session"
              params={{ project, session: session.id }}
              className="truncate font-semibold after:absolute after:inset-0"
            >
              {clientTitle(session.client)}
            </Link>
            <span className="truncate text-muted text-xs">{session.revision}</span>
            {isNew(session.started_at) && (
              <span className="rounded-sm border border-success/60 px-1.5 text-2xs text-success">
                {t("connect.new")}
              </span>
            )}
            <span className="ml-auto shrink-0 text-muted text-xs">
              {formatRelative(session.started_at, now, i18n.language)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
