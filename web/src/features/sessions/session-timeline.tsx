import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { ClientSession, ToolCall } from "@/api/types";
import { formatDuration } from "@/lib/duration";
import { clockParts } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useZone } from "@/lib/zone";
import { Button } from "@/ui/button";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { Status } from "@/ui/status";
import { useSessionCalls } from "./sessions";

const BARS: Record<ToolCall["status"], string> = {
  success: "bg-chart-ok",
  error: "bg-chart-error",
  timeout: "bg-chart-timeout",
  cancelled: "bg-cancelled",
  running: "bg-running",
  unknown: "bg-cancelled",
};

interface Props {
  project: string;
  session: ClientSession;
}

/** The calls of a session, each where it lies between the first and the last. */
export function SessionTimeline({ project, session }: Props) {
  const { t } = useTranslation();
  const now = useNow(1_000);
  useZone();
  const { list, older } = useSessionCalls(project, session);
  const calls = list.data?.rows ?? [];
  const span = spanOf(calls, now);
  return (
    <Section title={t("sessions.timeline", { count: session.total_calls })}>
      {list.isPending && <SkeletonRows count={6} height={28} />}
      {list.isError && !list.data && <ProblemView error={list.error} isInline />}
      {list.data && calls.length === 0 && <p className="text-muted">{t("sessions.noCalls")}</p>}
      <ul className="flex flex-col">
        {calls.map((call) => (
          <li key={call.id} className="border-border-subtle border-b last:border-b-0">
            <Link
              to="/projects/$project/tool-calls"
              params={{ project }}
              search={{ q: `session:${session.id}`, from: session.started_at, call: call.id }}
              className="grid h-8 grid-cols-[3.75rem_0.875rem_minmax(0,1fr)_3.75rem] items-center gap-2 rounded-sm px-1 text-xs hover:bg-hover md:grid-cols-[7rem_6rem_12rem_minmax(0,1fr)_5rem] md:gap-3"
            >
              <time dateTime={call.started_at} className="font-mono text-muted">
                {clockParts(call.started_at).time}
                <span className="max-md:hidden">{clockParts(call.started_at).fraction}</span>
              </time>
              <Status status={call.status} className="max-md:[&>span]:sr-only" />
              <span className="truncate font-mono font-semibold">{call.tool_name}</span>
              <Bar call={call} span={span} now={now} />
              <span className="tabular text-right font-mono">
                {call.duration_us === null ? "…" : formatDuration(call.duration_us)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {older.isError && <ProblemView error={older.error} isInline />}
      {list.data?.hasOlder && (
        <Button className="mt-3" disabled={older.isPending} onClick={() => older.mutate()}>
          {t("words.loadMore")}
        </Button>
      )}
    </Section>
  );
}

interface Span {
  from: number;
  to: number;
}

function Bar({ call, span, now }: { call: ToolCall; span: Span; now: number }) {
  const share = (at: number) => ((at - span.from) / (span.to - span.from)) * 100;
  const left = share(Date.parse(call.started_at));
  const width = share(endOf(call, now)) - left;
  return (
    <span aria-hidden className="relative h-2 rounded-full bg-hover max-md:hidden">
      <span
        className={clsx("absolute inset-y-0 min-w-[3px] rounded-full", BARS[call.status])}
        style={{ left: `${Math.min(99.5, left)}%`, width: `${Math.max(0, width)}%` }}
      />
    </span>
  );
}

function endOf(call: ToolCall, now: number): number {
  const start = Date.parse(call.started_at);
  return call.duration_us === null ? Math.max(now, start) : start + call.duration_us / 1_000;
}

/** From the first start to the last end, and never empty. */
function spanOf(calls: ToolCall[], now: number): Span {
  const from = Math.min(...calls.map((call) => Date.parse(call.started_at)));
  const to = Math.max(...calls.map((call) => endOf(call, now)));
  return { from, to: Math.max(to, from + 1) };
}
