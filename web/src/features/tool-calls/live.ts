import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { forgetFigures } from "@/api/figures";
import { type FollowState, follow } from "@/api/follow";
import type { ToolCall } from "@/api/types";
import { type CallFilter, queryOf, toParams } from "@/features/call-filter/search";
import type { StreamEvent } from "@/lib/event-stream";
import { Paced } from "@/lib/paced";
import { chosenOf, withValues } from "@/lib/query/edit";
import { printQuery } from "@/lib/query/print";
import { stringifySearch } from "@/lib/search-params";
import { type CallBuffer, catchUp, takeLive } from "./buffer";
import { callsQuery, getCall, listCalls } from "./calls";
import type { LiveMode } from "./filter";
import { RateGuard } from "./rate-guard";

/** How often what arrived is shown: many calls a second become few repaints. */
const FLUSH_MS = 150;
/** How long the figures rest at least before they are read again. */
const FIGURES_REST_MS = 500;
/** How often the list is read again where it is not live. */
const REFRESH_MS = 30_000;
/** Calls that still run after a break are asked for one by one, up to so many. */
const MOST_RECHECKED = 50;

export type LiveState = FollowState | "flooded" | "30s" | "off" | "paused";

interface Options {
  project: string;
  filter: CallFilter;
  mode: LiveMode;
  /** The first page is there. */
  isReady: boolean;
  isAtTop: () => boolean;
}

/** Keeps the list of a filter up to date, as long as it is on the screen. */
export function useLiveCalls({ project, filter, mode, isReady, isAtTop }: Options): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<FollowState>("connecting");
  const [isFlooded, setFlooded] = useState(false);
  const key = JSON.stringify([project, filter]);
  const options = useRef({ project, filter, isAtTop });
  options.current = { project, filter, isAtTop };
  const isPast = filter.to !== undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for project and filter
  useEffect(() => {
    if (!isReady || isPast || mode === "off") return;
    const tail = new Tail(queries, options.current, () => options.current.isAtTop(), setFlooded);
    if (mode === "live") void tail.run(setState);
    else tail.refresh();
    return () => tail.stop();
  }, [queries, key, isReady, isPast, mode]);

  if (isPast) return "paused";
  if (mode !== "live") return mode;
  return isFlooded && state === "live" ? "flooded" : state;
}

/** One live tail of one filter. */
class Tail {
  private readonly abort = new AbortController();
  private readonly queryKey;
  private arrived: ToolCall[] = [];
  private cursor = "";
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private refreshTimer: ReturnType<typeof setInterval> | undefined;
  private readonly guard = new RateGuard();
  private readonly figures = new Paced(
    () => forgetFigures(this.queries, this.of.project),
    FIGURES_REST_MS,
  );

  constructor(
    private readonly queries: QueryClient,
    private readonly of: { project: string; filter: CallFilter },
    private readonly isReaderAtTop: () => boolean,
    private readonly onFlood: (isFlooded: boolean) => void,
  ) {
    this.queryKey = callsQuery(of.project, of.filter).queryKey;
  }

  run(onState: (state: FollowState) => void): Promise<void> {
    const { project, filter } = this.of;
    const buffer = this.queries.getQueryData(this.queryKey);
    const { q } = toParams(filter);
    // Who looks at running calls wants to see them end, so the tail must tell of all.
    const told = wantsRunning(filter) ? printQuery(withValues(queryOf(filter), "status", [])) : q;
    const path = `/api/v1/projects/${encodeURIComponent(project)}/tool-calls/stream`;
    return follow({
      url: path + stringifySearch({ q: told }),
      lastEventId: buffer?.newer ?? "",
      onEvent: (event) => this.take(event),
      onState,
      onGap: () => void this.catchUp(),
      signal: this.abort.signal,
    });
  }

  /** Without a stream: only what is newer, now and then. */
  refresh(): void {
    this.refreshTimer = setInterval(() => void this.catchUp(), REFRESH_MS);
  }

  stop(): void {
    this.abort.abort();
    clearTimeout(this.flushTimer);
    this.figures.stop();
    clearInterval(this.refreshTimer);
    this.onFlood(false);
    this.flush();
  }

  private take({ event, data, id }: StreamEvent): void {
    this.cursor = id;
    if (event === "call") {
      const call = JSON.parse(data) as ToolCall;
      this.arrived.push(call);
      this.guard.count(call.id, performance.now());
      this.flushTimer ??= setTimeout(() => this.flush(), FLUSH_MS);
    } else if (event === "dropped" || event === "resync") {
      void this.catchUp();
    }
  }

  private flush(): void {
    this.flushTimer = undefined;
    const calls = this.arrived.splice(0);
    if (calls.length === 0) return;
    this.onFlood(this.guard.isFlooded(performance.now()));
    const newer = this.cursor;
    this.change((buffer) => ({
      ...takeLive(buffer, this.wanted(calls, buffer), this.isAtTop()),
      newer,
    }));
    for (const { id } of calls) {
      void this.queries.invalidateQueries({ queryKey: ["tool-call", this.of.project, id] });
    }
    this.figures.ask();
  }

  /** Calls of another status are taken only to end one that is shown. */
  private wanted(calls: ToolCall[], { rows, pending }: CallBuffer): ToolCall[] {
    const { filter } = this.of;
    if (!wantsRunning(filter)) return calls;
    const statuses = chosenOf(queryOf(filter), "status").included;
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
    this.figures.ask();
  }

  /** In a flood the rows stand still, whatever the reader does. */
  private isAtTop(): boolean {
    return this.isReaderAtTop() && !this.guard.isFlooded(performance.now());
  }

  private change(by: (buffer: CallBuffer) => CallBuffer): void {
    this.queries.setQueryData(this.queryKey, (buffer) => buffer && by(buffer));
  }
}

function wantsRunning(filter: CallFilter): boolean {
  return chosenOf(queryOf(filter), "status").included.includes("running");
}

function isRunning({ status }: ToolCall): boolean {
  return status === "running";
}
