import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type FollowState, follow } from "@/api/follow";
import type { ToolCall } from "@/api/types";
import type { StreamEvent } from "@/lib/event-stream";
import { stringifySearch } from "@/lib/search-params";
import { type CallBuffer, catchUp, takeLive } from "./buffer";
import { callsQuery, getCall, listCalls, summaryQuery } from "./calls";
import { type CallsFilter, toQuery } from "./filter";

/** How often what arrived is shown: many calls a second become few repaints. */
const FLUSH_MS = 150;
/** How often the totals are read again while calls arrive. */
const SUMMARY_MS = 2_000;
/** Calls that still run after a break are asked for one by one, up to so many. */
const MOST_RECHECKED = 50;

export type LiveState = FollowState | "paused";

interface Options {
  project: string;
  filter: CallsFilter;
  /** The first page is there. */
  isReady: boolean;
  isAtTop: () => boolean;
}

/** Keeps the list of a filter live, as long as it is on the screen. */
export function useLiveCalls({ project, filter, isReady, isAtTop }: Options): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<FollowState>("connecting");
  const key = JSON.stringify([project, filter]);
  const options = useRef({ project, filter, isAtTop });
  options.current = { project, filter, isAtTop };
  const isPast = filter.to !== undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for project and filter
  useEffect(() => {
    if (!isReady || isPast) return;
    const tail = new Tail(queries, options.current, () => options.current.isAtTop());
    void tail.run(setState);
    return () => tail.stop();
  }, [queries, key, isReady, isPast]);

  return isPast ? "paused" : state;
}

/** One live tail of one filter. */
class Tail {
  private readonly abort = new AbortController();
  private readonly queryKey;
  private arrived: ToolCall[] = [];
  private cursor = "";
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private summaryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queries: QueryClient,
    private readonly of: { project: string; filter: CallsFilter },
    private readonly isAtTop: () => boolean,
  ) {
    this.queryKey = callsQuery(of.project, of.filter).queryKey;
  }

  run(onState: (state: FollowState) => void): Promise<void> {
    const { project, filter } = this.of;
    const buffer = this.queries.getQueryData(this.queryKey);
    const { last: _last, from: _from, to: _to, status, ...fields } = toQuery(filter);
    // Who looks at running calls wants to see them end, so the tail must tell of all.
    const told = status?.includes("running") ? {} : { status };
    const path = `/api/v1/projects/${encodeURIComponent(project)}/tool-calls/stream`;
    return follow({
      url: path + stringifySearch({ ...fields, ...told }),
      lastEventId: buffer?.newer ?? "",
      onEvent: (event) => this.take(event),
      onState,
      onGap: () => void this.catchUp(),
      signal: this.abort.signal,
    });
  }

  stop(): void {
    this.abort.abort();
    clearTimeout(this.flushTimer);
    clearTimeout(this.summaryTimer);
    this.flush();
  }

  private take({ event, data, id }: StreamEvent): void {
    this.cursor = id;
    if (event === "call") {
      this.arrived.push(JSON.parse(data) as ToolCall);
      this.flushTimer ??= setTimeout(() => this.flush(), FLUSH_MS);
    } else if (event === "dropped" || event === "resync") {
      void this.catchUp();
    }
  }

  private flush(): void {
    this.flushTimer = undefined;
    const calls = this.arrived.splice(0);
    if (calls.length === 0) return;
    const newer = this.cursor;
    this.change((buffer) => ({
      ...takeLive(buffer, this.wanted(calls, buffer), this.isAtTop()),
      newer,
    }));
    for (const { id } of calls) {
      void this.queries.invalidateQueries({ queryKey: ["tool-call", this.of.project, id] });
    }
    this.summaryTimer ??= setTimeout(() => this.readSummary(), SUMMARY_MS);
  }

  /** Calls of another status are taken only to end one that is shown. */
  private wanted(calls: ToolCall[], { rows, pending }: CallBuffer): ToolCall[] {
    const { status: statuses } = this.of.filter;
    if (!statuses) return calls;
    const shown = new Set([...rows, ...pending].map(({ id }) => id));
    return calls.filter(({ id, status }) => statuses.includes(status) || shown.has(id));
  }

  /** After a break in which calls may have been lost: the newest page, and what still seems to run. */
  private async catchUp(): Promise<void> {
    const { project, filter } = this.of;
    try {
      const page = await listCalls(project, filter);
      this.change((buffer) => catchUp(buffer, page, this.isAtTop()));
      const running = this.queries.getQueryData(this.queryKey)?.rows.filter(isRunning) ?? [];
      const read = running.slice(0, MOST_RECHECKED).map(({ id }) => getCall(project, id));
      const calls = await Promise.all(read);
      this.change((buffer) => takeLive(buffer, calls, this.isAtTop()));
    } catch {
      // Nobody answers: the stream is about to break too, and comes back here.
    }
    this.readSummary();
  }

  private readSummary(): void {
    this.summaryTimer = undefined;
    const { queryKey } = summaryQuery(this.of.project, this.of.filter);
    void this.queries.invalidateQueries({ queryKey });
  }

  private change(by: (buffer: CallBuffer) => CallBuffer): void {
    this.queries.setQueryData(this.queryKey, (buffer) => buffer && by(buffer));
  }
}

function isRunning({ status }: ToolCall): boolean {
  return status === "running";
}
