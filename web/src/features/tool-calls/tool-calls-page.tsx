import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useKnownValues } from "@/features/call-filter/known-values";
import { Nothing } from "@/features/call-filter/nothing";
import { QueryBar } from "@/features/call-filter/query-bar";
import { RangePicker } from "@/features/call-filter/range-picker";
import { useDaysKept } from "@/features/call-filter/retention";
import { queryOf, withQuery, withRange } from "@/features/call-filter/search";
import type { Expression } from "@/lib/query/expression";
import { PageBar, useTitle } from "@/ui/page";
import { ProblemView } from "@/ui/states";
import { showPending } from "./buffer";
import { CallDrawer } from "./call-drawer";
import { CallList } from "./call-list";
import { ROW_HEIGHT } from "./call-row";
import { callsQuery, useOlderCalls } from "./calls";
import { Counts } from "./counts";
import { Facets } from "./facets";
import { FacetsSheet } from "./facets-sheet";
import { type CallsSearch, filterOf, type LiveMode } from "./filter";
import { Histogram } from "./histogram";
import { useCallKeys } from "./keys";
import { useLiveCalls } from "./live";
import { LiveBadge } from "./live-badge";
import { LoadingList } from "./loading-list";
import { NewCallsPill } from "./new-calls-pill";
import { ShareMenu } from "./share-menu";
import { ViewsMenu } from "./views-menu";

/** So near to the top a reader follows what is new. */
const AT_TOP_PX = ROW_HEIGHT / 2;

interface Props {
  project: string;
  search: CallsSearch;
  onSearch: (search: CallsSearch, options?: { replace: boolean }) => void;
}

export function ToolCallsPage({ project, search, onSearch }: Props) {
  const { t } = useTranslation();
  useTitle(t("toolCalls.title"));
  const queries = useQueryClient();
  const filter = useMemo(() => filterOf(search), [search]);
  const query = callsQuery(project, filter);
  const calls = useQuery(query);
  const buffer = calls.data;
  const rows = buffer?.rows ?? [];
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useCallback(() => (scroller.current?.scrollTop ?? 0) < AT_TOP_PX, []);
  const mode = search.live ?? "live";
  const live = useLiveCalls({ project, filter, mode, isReady: calls.isSuccess, isAtTop });
  const older = useOlderCalls(project, filter);
  const known = useKnownValues(project, filter);
  const daysKept = useDaysKept(project, filter);
  const [markedId, setMarked] = useState<string>();
  const activeId = search.call ?? markedId;

  const show = () => queries.setQueryData(query.queryKey, (now) => now && showPending(now));
  const open = (id: string) => {
    setMarked(id);
    onSearch({ ...search, call: id }, { replace: search.call !== undefined });
  };
  const close = () => {
    const { call, tab: _, ...rest } = search;
    if (call === undefined) setMarked(undefined);
    else onSearch(rest);
    scroller.current?.focus({ preventScroll: true });
  };
  const move = (by: number) => {
    const at = rows.findIndex(({ id }) => id === activeId);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!next) return;
    if (search.call) open(next.id);
    else setMarked(next.id);
  };
  const setMode = (next: LiveMode) => {
    const { live: _, ...rest } = search;
    onSearch(next === "live" ? rest : { ...rest, live: next }, { replace: true });
  };
  useCallKeys({
    move,
    close,
    open: () => activeId && open(activeId),
    live: () => setMode(mode === "live" ? "off" : "live"),
  });
  // The parts that do not show the list are not drawn anew with each page of it.
  const ask = useCallback(
    (next: Expression | string | null) => onSearch(withQuery(search, next)),
    [search, onSearch],
  );
  const zoom = useCallback(
    (range: { from: string; to: string }) => onSearch(withRange(search, range)),
    [search, onSearch],
  );
  const isEmpty = buffer && buffer.rows.length === 0 && buffer.pendingCount === 0;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar
        title={t("toolCalls.title")}
        actions={
          <div className="flex min-w-0 items-center gap-2">
            <LiveBadge state={live} mode={mode} onMode={setMode} />
            <RangePicker search={search} onChange={onSearch} />
            <ViewsMenu
              project={project}
              filter={filter}
              onFilter={(next) =>
                onSearch({ ...next, ...(search.live ? { live: search.live } : {}) })
              }
            />
            <ShareMenu project={project} search={search} />
          </div>
        }
      />
      <div className="flex flex-col gap-2.5 border-border-subtle border-b px-3 py-2.5">
        <div className="flex items-start gap-2">
          <QueryBar query={search.q ?? ""} known={known} onChange={ask} />
          <FacetsSheet project={project} filter={filter} onQuery={ask} />
        </div>
        <Counts project={project} filter={filter} />
        <Histogram project={project} filter={filter} onZoom={zoom} />
      </div>
      <div className="flex min-h-0 flex-1">
        <Facets project={project} filter={filter} onQuery={ask} />
        <div className="relative flex min-w-0 flex-1 flex-col">
          {calls.isPending && <LoadingList />}
          {calls.isError && !buffer && (
            <ProblemView error={calls.error} onRetry={() => void calls.refetch()} />
          )}
          {isEmpty && (
            <Nothing
              project={project}
              search={search}
              onSearch={onSearch}
              loading={<LoadingList />}
            />
          )}
          {buffer && !isEmpty && (
            <>
              <NewCallsPill
                count={buffer.pendingCount}
                onShow={() => {
                  show();
                  scroller.current?.scrollTo({ top: 0 });
                }}
              />
              <CallList
                of={JSON.stringify([project, filter])}
                buffer={buffer}
                activeId={activeId}
                scroller={scroller}
                onOpen={open}
                onAtTop={show}
                older={{ load: older.mutate, isLoading: older.isPending, isFailed: older.isError }}
                end={
                  daysKept === undefined
                    ? t("toolCalls.end")
                    : t("toolCalls.kept", { count: daysKept })
                }
              />
            </>
          )}
        </div>
        {search.call && (
          <CallDrawer
            project={project}
            id={search.call}
            tab={search.tab ?? "overview"}
            listed={rows.find(({ id }) => id === search.call)}
            query={queryOf(filter)}
            onTab={(tab) => {
              const { tab: _, ...rest } = search;
              onSearch(tab === "overview" ? rest : { ...rest, tab }, { replace: true });
            }}
            onOpen={open}
            onClose={close}
            onMove={move}
            onQuery={ask}
          />
        )}
      </div>
    </div>
  );
}
