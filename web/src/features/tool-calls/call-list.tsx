import { clsx } from "clsx";
import {
  type MouseEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { useNow } from "@/lib/use-now";
import { useZone } from "@/lib/zone";
import { Button } from "@/ui/button";
import { STATUSES, Status } from "@/ui/status";
import type { CallBuffer } from "./buffer";
import { ROW_HEIGHT } from "./call-row";
import { CallRows, HEAD_HEIGHT, type Listed } from "./call-rows";

interface Props {
  /** Which calls are listed: others begin at the top. */
  of: string;
  buffer: CallBuffer;
  activeId: string | undefined;
  scroller: RefObject<HTMLDivElement | null>;
  onOpen: (id: string) => void;
  onAtTop: () => void;
  older: { load: () => void; isLoading: boolean; isFailed: boolean };
  /** What is said below the last row. */
  end: string;
}

export function CallList({ of, buffer, activeId, scroller, onOpen, onAtTop, older, end }: Props) {
  const { t } = useTranslation();
  const { rows: calls, hasOlder } = buffer;
  const place = useRef<HTMLDivElement>(null);
  const rows = useRef<CallRows>(undefined);
  const [patterns] = useState(() => document.createElement("div"));
  const look = useLook(patterns);
  const now = useNow(1_000);
  const [isNearEnd, setNearEnd] = useState(false);

  useLayoutEffect(() => {
    const summary = scroller.current?.querySelector<HTMLElement>(
      '[role="columnheader"]:last-child',
    );
    if (!scroller.current || !place.current || !summary) return;
    const drawn = new CallRows(scroller.current, place.current, summary, setNearEnd);
    rows.current = drawn;
    return () => drawn.stop();
  }, [scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see `of`
  useLayoutEffect(() => rows.current?.begin(), [of]);
  useLayoutEffect(() => rows.current?.show({ calls, activeId, look, now }));

  const { load, isLoading, isFailed } = older;
  useEffect(() => {
    if (isNearEnd && hasOlder && !isLoading && !isFailed) load();
  }, [isNearEnd, hasOlder, isLoading, isFailed, load]);

  const activeIndex = activeId ? calls.findIndex(({ id }) => id === activeId) : -1;
  // Only a newly chosen row is scrolled to: rows that arrive must not move the reader.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useLayoutEffect(() => {
    if (activeIndex >= 0) rows.current?.reveal(activeIndex);
  }, [activeId]);

  const open = ({ target }: MouseEvent) => {
    const row = target instanceof Element ? target.closest('[role="row"]') : null;
    if (row) onOpen(row.id.replace("call-", ""));
  };

  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={t("toolCalls.list")}
      aria-rowcount={hasOlder ? -1 : calls.length + 1}
      aria-activedescendant={activeIndex >= 0 ? `call-${activeId}` : undefined}
      onScroll={(event) => event.currentTarget.scrollTop <= 1 && onAtTop()}
      className="call-list min-h-0 flex-1 overflow-y-auto overflow-x-hidden [overflow-anchor:none] focus-visible:outline-none"
    >
      {createPortal(
        STATUSES.map((status) => <Status key={status} status={status} />),
        patterns,
      )}
      <Head />
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keyboard for all its rows */}
      <div
        ref={place}
        role="rowgroup"
        onClick={open}
        className="relative"
        style={{ height: calls.length * ROW_HEIGHT }}
      />
      <div
        role="presentation"
        className="flex h-12 items-center justify-center gap-3 text-faint text-xs"
      >
        {isFailed && (
          <>
            <span role="alert">{t("toolCalls.olderFailed")}</span>
            <Button onClick={load}>{t("words.retry")}</Button>
          </>
        )}
        {!isFailed && (hasOlder ? t("words.loading") : end)}
      </div>
    </div>
  );
}

/** What rows are drawn with; `patterns` has each status once. */
function useLook(patterns: HTMLElement): Listed["look"] {
  const { t } = useTranslation();
  const zone = useZone();
  // biome-ignore lint/correctness/useExhaustiveDependencies: times are in that zone
  return useMemo(
    () => ({ t, statusOf: (status) => patterns.children[STATUSES.indexOf(status)] }),
    [t, zone, patterns],
  );
}

const COLUMNS = [
  ["time", ""],
  ["status", ""],
  ["tool", ""],
  ["server", "call-wide"],
  ["duration", "text-right"],
  ["client", "call-wide"],
  ["summary", "call-medium"],
] as const;

export function Head() {
  const { t } = useTranslation();
  return (
    <div role="rowgroup" className="sticky top-0 z-10">
      <div
        role="row"
        style={{ height: HEAD_HEIGHT }}
        className="call-grid border-b border-b-border-subtle bg-raised text-muted text-xs"
      >
        {COLUMNS.map(([column, className]) => (
          <span key={column} role="columnheader" className={clsx("truncate", className)}>
            {t(`toolCalls.columns.${column}`)}
          </span>
        ))}
      </div>
    </div>
  );
}
