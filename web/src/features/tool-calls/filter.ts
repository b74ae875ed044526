import { type CallFilter, readFilter } from "@/features/call-filter/search";
import { type SearchParams, text } from "@/lib/search-params";

export const LIVE_MODES = ["live", "30s", "off"] as const;
/** How the list keeps up: at once, every 30 seconds, or not at all. */
export type LiveMode = (typeof LIVE_MODES)[number];

export const TABS = ["overview", "arguments", "result", "session"] as const;
export type Tab = (typeof TABS)[number];

/** What the page shows, as it stands in the address and nowhere else. */
export interface CallsSearch extends CallFilter {
  /** The call that is open. */
  call?: string;
  /** Which side of it; absent: the overview. */
  tab?: Tab;
  /** Absent: live. */
  live?: LiveMode;
}

/** Reads an address; what makes no sense in it is left out. */
export function readSearch(given: SearchParams | Record<string, unknown>): CallsSearch {
  const search: CallsSearch = readFilter(given);
  const live = LIVE_MODES.find((mode) => mode === text(given.live));
  if (live && live !== "live") search.live = live;
  const call = text(given.call);
  if (call) {
    search.call = call;
    const tab = TABS.find((one) => one === text(given.tab));
    if (tab && tab !== "overview") search.tab = tab;
  }
  return search;
}

/** The part of a search that decides which calls are listed. */
export function filterOf({
  call: _call,
  tab: _tab,
  live: _live,
  ...filter
}: CallsSearch): CallFilter {
  return filter;
}
