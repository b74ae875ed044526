import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "@/api/sessions";
import type { ToolCall } from "@/api/types";
import { clockParts } from "@/lib/time";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { Status } from "@/ui/status";
import { neighboursQuery } from "./calls";
import { Duration } from "./duration";

interface Props {
  project: string;
  call: ToolCall;
  onOpen: (id: string) => void;
}

/** What the same client called just before and after. */
export function Neighbours({ project, call, onOpen }: Props) {
  const { t } = useTranslation();
  const id = call.session_id;
  const calls = useQuery({ ...neighboursQuery(project, call), enabled: id !== null });
  const session = useQuery({ ...sessionQuery(project, id ?? ""), enabled: id !== null }).data;
  if (id === null) return <p className="text-muted text-xs">{t("toolCalls.drawer.sessionNone")}</p>;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3 text-xs">
        <span className="text-muted">
          {session && t("sessions.calls", { count: session.total_calls })}
        </span>
        <Link
          to="/projects/$project/sessions/$session"
          params={{ project, session: id }}
          className="text-accent hover:underline"
        >
          {t("toolCalls.drawer.wholeSession")}
        </Link>
      </div>
      {calls.isPending && <SkeletonRows count={6} height={28} />}
      {calls.isError && <ProblemView error={calls.error} isInline />}
      <ol className="flex flex-col">
        {calls.data?.map((one) => (
          <li key={one.id} className="border-border-subtle border-b">
            <button
              type="button"
              aria-current={one.id === call.id}
              onClick={() => onOpen(one.id)}
              className={clsx(
                "grid h-7 w-full grid-cols-[3.75rem_5.5rem_minmax(0,1fr)_auto] items-center gap-2 rounded-sm px-1.5 text-left text-xs md:grid-cols-[6.5rem_5.5rem_minmax(0,1fr)_auto]",
                one.id === call.id ? "bg-selected" : "hover:bg-hover",
              )}
            >
              <span className="font-mono text-muted">
                {clockParts(one.started_at).time}
                <span className="max-md:hidden">{clockParts(one.started_at).fraction}</span>
              </span>
              <Status status={one.status} />
              <span className="truncate font-mono font-semibold">{one.tool_name}</span>
              <span className="tabular font-mono">
                <Duration call={one} />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
