import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { WebSession } from "@/api/types";
import { formatMoment, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { browserName } from "@/lib/user-agent";
import { Button } from "@/ui/button";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { useEndSession, webSessionsQuery } from "./profile";

/** Where one is signed in, with a way to end each. */
export function WebSessions() {
  const { t } = useTranslation();
  const sessions = useQuery(webSessionsQuery);
  const end = useEndSession();
  const hasOthers = sessions.data?.some(({ is_current: isCurrent }) => !isCurrent);
  return (
    <div className="flex flex-col gap-3">
      {sessions.isPending && <SkeletonRows count={2} height={48} />}
      {sessions.isError && !sessions.data && (
        <ProblemView error={sessions.error} onRetry={() => void sessions.refetch()} isInline />
      )}
      {end.isError && <ProblemView error={end.error} isInline />}
      <ul className="divide-y divide-border-subtle">
        {sessions.data?.map((session) => (
          <Item
            key={session.id}
            session={session}
            isBusy={end.isPending}
            onEnd={() => end.mutate(session.id)}
          />
        ))}
      </ul>
      {hasOthers && (
        <Button
          look="danger"
          className="self-start"
          disabled={end.isPending}
          onClick={() => end.mutate("others")}
        >
          {t("profile.sessions.endOthers")}
        </Button>
      )}
    </div>
  );
}

interface ItemProps {
  session: WebSession;
  isBusy: boolean;
  onEnd: () => void;
}

function Item({ session, isBusy, onEnd }: ItemProps) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const { user_agent: agent, client_address: address, last_used_at: used } = session;
  const name = agent ? browserName(agent) : t("profile.sessions.unknown");
  const usedText = t("profile.sessions.used", { when: formatRelative(used, now, i18n.language) });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0">
      <div className="flex min-w-40 flex-1 flex-col">
        <span title={agent ?? undefined} className="truncate font-semibold">
          {name}
          {session.is_current && (
            <span className="ml-2 font-normal text-success text-xs">
              {t("profile.sessions.current")}
            </span>
          )}
        </span>
        <span title={formatMoment(used)} className="truncate text-muted text-xs">
          {[address, usedText].filter(Boolean).join(" · ")}
        </span>
      </div>
      {!session.is_current && (
        <Button
          look="danger"
          aria-label={t("profile.sessions.endOf", { name })}
          disabled={isBusy}
          onClick={onEnd}
        >
          {t("profile.sessions.end")}
        </Button>
      )}
    </li>
  );
}
