import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { useCallback, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { LogLevel, ServerLog } from "@/api/types";
import { clockParts } from "@/lib/time";
import { useZone } from "@/lib/zone";

const LINE_HEIGHT = 24;
/** Older lines are asked for when so few are left above. */
const AHEAD_LINES = 60;
/** So near to the end a reader follows what is new. */
const AT_END_PX = 48;

const COLOURS: Record<LogLevel, string> = {
  debug: "text-faint",
  info: "text-muted",
  warning: "text-timeout",
  error: "text-error",
  unknown: "text-muted",
};

interface Props {
  project: string;
  /** Newest first. */
  logs: ServerLog[];
  hasOlder: boolean;
  onOlder: () => void;
  showsServer: boolean;
}

/** Lines as a terminal shows them: the newest at the bottom, followed while the reader is there. */
export function LogLines({ project, logs, hasOlder, onOlder, showsServer }: Props) {
  const { t } = useTranslation();
  useZone();
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  // Another function would have all lines measured again, with each frame that is scrolled.
  const getItemKey = useCallback(
    (index: number) => logs[logs.length - 1 - index]?.id ?? index,
    [logs],
  );
  const lines = useVirtualizer({
    count: logs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey,
    overscan: 20,
  });
  const items = lines.getVirtualItems();
  const oldest = logs.at(-1)?.id;
  const before = useRef({ oldest, count: logs.length });
  // What is put above must not push down what is read; what comes below is followed.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const { oldest: was, count } = before.current;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (was !== oldest) element.scrollTop += (logs.length - count) * LINE_HEIGHT;
    before.current = { oldest, count: logs.length };
  }, [logs.length, oldest]);
  const isNearStart = hasOlder && (items[0]?.index ?? 0) < AHEAD_LINES && !isAtEnd.current;
  useLayoutEffect(() => {
    if (isNearStart) onOlder();
  }, [isNearStart, onOlder]);

  return (
    <div
      ref={scroller}
      role="log"
      tabIndex={0}
      aria-label={t("serverLogs.title")}
      onScroll={({ currentTarget: at }) => {
        isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < AT_END_PX;
      }}
      className="min-h-0 flex-1 overflow-auto bg-canvas py-2 font-mono text-xs [overflow-anchor:none] -outline-offset-2"
    >
      <div className="relative min-w-full" style={{ height: lines.getTotalSize() }}>
        {items.map((item) => {
          const log = logs[logs.length - 1 - item.index];
          if (!log) return null;
          const { time, fraction } = clockParts(log.at);
          return (
            <div
              key={log.id}
              className="absolute top-0 left-0 flex min-w-full items-center gap-3 whitespace-pre px-3 hover:bg-hover"
              style={{ height: LINE_HEIGHT, transform: `translateY(${item.start}px)` }}
            >
              <time dateTime={log.at} className="shrink-0 text-faint">
                {time}
                <span className="max-md:hidden">{fraction}</span>
              </time>
              {showsServer && (
                <span className="w-16 shrink-0 truncate text-json-key md:w-28">
                  {log.server_name}
                </span>
              )}
              <span className={clsx("w-11 shrink-0 md:w-16", COLOURS[log.level])}>
                {t(`serverLogs.levels.${log.level}`)}
              </span>
              <span className={clsx(log.kind !== "stderr" && "text-muted italic")}>{log.line}</span>
              {log.tool_call_id && (
                <Link
                  to="/projects/$project/tool-calls"
                  params={{ project }}
                  search={{ call: log.tool_call_id }}
                  className="text-accent hover:underline"
                >
                  {t("serverLogs.call")}
                </Link>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
