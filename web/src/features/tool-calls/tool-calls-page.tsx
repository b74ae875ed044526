import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { PageBar, useTitle } from "@/ui/page";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { type CallBuffer, showPending } from "./buffer";
import { CallDrawer } from "./call-drawer";
import { CallList, Head } from "./call-list";
import { ROW_HEIGHT } from "./call-row";
import { callsQuery, useOlderCalls } from "./calls";
import { Counts } from "./counts";
import { NoCallsYet, NoMatch } from "./empty";
import { type CallsSearch, type Field, filterOf, hasFields } from "./filter";
import { FilterBar } from "./filter-bar";
import { useHasCalls } from "./has-calls";
import { useCallKeys } from "./keys";
import { useLiveCalls } from "./live";
import { LiveBadge } from "./live-badge";
import { NewCallsPill } from "./new-calls-pill";
import { RangePicker } from "./range-picker";

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
  const filter = filterOf(search);
  const query = callsQuery(project, filter);
  const calls = useQuery(query);
  const buffer = calls.data;
  const rows = buffer?.rows ?? [];
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useCallback(() => (scroller.current?.scrollTop ?? 0) < AT_TOP_PX, []);
  const live = useLiveCalls({ project, filter, isReady: calls.isSuccess, isAtTop });
  const older = useOlderCalls(project, filter);
  const [markedId, setMarked] = useState<string>();
  const activeId = search.call ?? markedId;
  const tools = useMemo(
    () => [...new Set(buffer?.rows.map((row) => row.tool_name))].sort(),
    [buffer],
  );

  const show = () => queries.setQueryData(query.queryKey, (now) => now && showPending(now));
  const open = (id: string) => {
    setMarked(id);
    onSearch({ ...search, call: id }, { replace: search.call !== undefined });
  };
  const close = () => {
    const { call, ...rest } = search;
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
  useCallKeys({ move, close, open: () => activeId && open(activeId) });
  const only = (field: Field, value: string) => onSearch({ ...search, [field]: [value] });

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar
        title={t("toolCalls.title")}
        actions={
          <>
            <LiveBadge state={live} />
            <RangePicker search={search} onChange={onSearch} />
          </>
        }
      />
      <div className="flex flex-col gap-2.5 border-border-subtle border-b px-3 py-2.5">
        <FilterBar project={project} search={search} tools={tools} onChange={onSearch} />
        <Counts project={project} filter={filter} />
      </div>
      <div className="flex min-h-0 flex-1">
        <div className="relative flex min-w-0 flex-1 flex-col">
          {calls.isPending && <LoadingList />}
          {calls.isError && !buffer && (
            <ProblemView error={calls.error} onRetry={() => void calls.refetch()} />
          )}
          {buffer && isEmpty(buffer) && (
            <Nothing project={project} search={search} onSearch={onSearch} />
          )}
          {buffer && !isEmpty(buffer) && (
            <>
              <NewCallsPill
                count={buffer.pendingCount}
                onShow={() => {
                  show();
                  scroller.current?.scrollTo({ top: 0 });
                }}
              />
              <CallList
                key={JSON.stringify([project, filter])}
                buffer={buffer}
                activeId={activeId}
                scroller={scroller}
                onOpen={open}
                onAtTop={show}
                older={{ load: older.mutate, isLoading: older.isPending, isFailed: older.isError }}
              />
            </>
          )}
        </div>
        {search.call && (
          <CallDrawer
            project={project}
            id={search.call}
            listed={rows.find(({ id }) => id === search.call)}
            onClose={close}
            onMove={move}
            onFilter={only}
          />
        )}
      </div>
    </div>
  );
}

function Nothing({ project, search, onSearch }: Props) {
  const hasCalls = useHasCalls(project);
  const isNarrowed = hasFields(search) || search.from !== undefined;
  if (hasCalls === undefined && !isNarrowed) return <LoadingList />;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {hasCalls || isNarrowed ? (
        <NoMatch search={search} onChange={onSearch} />
      ) : (
        <NoCallsYet project={project} />
      )}
    </div>
  );
}

function LoadingList() {
  return (
    <div className="call-list overflow-hidden">
      <div aria-hidden>
        <Head />
      </div>
      <SkeletonRows count={24} height={ROW_HEIGHT} />
    </div>
  );
}

function isEmpty({ rows, pendingCount }: CallBuffer): boolean {
  return rows.length === 0 && pendingCount === 0;
}
