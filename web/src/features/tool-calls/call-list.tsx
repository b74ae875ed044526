import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import type { CallBuffer } from "./buffer";
import { CallRow, ROW_HEIGHT } from "./call-row";
import { Recycler } from "./recycler";

const HEAD_HEIGHT = 28;
/** Older rows are asked for when so few are left below. */
const AHEAD_ROWS = 150;

interface Props {
  buffer: CallBuffer;
  activeId: string | undefined;
  scroller: RefObject<HTMLDivElement | null>;
  onOpen: (id: string) => void;
  onAtTop: () => void;
  older: { load: () => void; isLoading: boolean; isFailed: boolean };
  /** What is said below the last row. */
  end: string;
}

export function CallList({ buffer, activeId, scroller, onOpen, onAtTop, older, end }: Props) {
  const { t } = useTranslation();
  const { rows, hasOlder } = buffer;
  // Another function would have all rows measured again, with each frame that is scrolled.
  const getItemKey = useCallback((index: number) => rows[index]?.id ?? index, [rows]);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey,
    overscan: 12,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const items = list.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  const recycler = useRef<Recycler>(undefined);
  recycler.current ??= new Recycler();
  const slots = recycler.current.place(items.map(({ key }) => String(key)));
  const drawn = items.map((item, at) => ({ item, slot: slots[at] ?? at }));
  // Elements stay where they are in the document while rows fly by, and are in order at rest.
  if (list.isScrolling) drawn.sort((one, other) => one.slot - other.slot);

  const { load, isLoading, isFailed } = older;
  const isNearEnd = hasOlder && lastIndex >= rows.length - AHEAD_ROWS;
  useEffect(() => {
    if (isNearEnd && !isLoading && !isFailed) load();
  }, [isNearEnd, isLoading, isFailed, load]);

  const activeIndex = activeId ? rows.findIndex(({ id }) => id === activeId) : -1;
  // Only a newly chosen row is scrolled to: rows that arrive must not move the reader.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useLayoutEffect(() => {
    if (activeIndex >= 0) list.scrollToIndex(activeIndex, { align: "auto" });
  }, [activeId]);

  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={t("toolCalls.list")}
      aria-rowcount={hasOlder ? -1 : rows.length + 1}
      aria-activedescendant={activeIndex >= 0 ? `call-${activeId}` : undefined}
      onScroll={(event) => event.currentTarget.scrollTop <= 1 && onAtTop()}
      className="call-list min-h-0 flex-1 overflow-y-auto overflow-x-hidden [overflow-anchor:none] focus-visible:outline-none"
    >
      <Head />
      <div role="rowgroup" className="relative" style={{ height: list.getTotalSize() }}>
        {drawn.map(({ item, slot }) => {
          const call = rows[item.index];
          if (!call) return null;
          return (
            <CallRow
              key={slot}
              call={call}
              index={item.index}
              top={item.start - HEAD_HEIGHT}
              isActive={call.id === activeId}
              onOpen={onOpen}
            />
          );
        })}
      </div>
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
