import { useMemo } from "react";
import { api, unwrap } from "@/api/client";
import { useNewestFirst } from "@/api/newest-first";
import type { Activity } from "@/api/types";
import { text } from "@/lib/search-params";
import { dayAfter, parseMoment } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { typesNamed } from "./types";

/** Whose activity: a project's or a team's, by slug, or that of all. */
export type Feed = { project: string } | { team: string } | "deployment";

/** Which activities a page shows: it stands in the address and nowhere else. */
export interface ActivityFilter {
  /** A type, or a group of them. */
  what?: string;
  /** The id of a user. */
  who?: string;
  /** The first day. */
  from?: string;
  /** The last day. */
  to?: string;
}

/** Reads an address; what makes no sense in it is left out. */
export function readActivityFilter(given: Record<string, unknown>): ActivityFilter {
  const { what, who, from, to } = {
    what: text(given.what),
    who: text(given.who),
    from: text(given.from),
    to: text(given.to),
  };
  return {
    ...(what && typesNamed(what).length > 0 ? { what } : {}),
    ...(who && /^[\da-f-]{36}$/i.test(who) ? { who } : {}),
    ...(from && isDay(from) ? { from } : {}),
    ...(to && isDay(to) ? { to } : {}),
  };
}

const PAGE_ROWS = 100;
const REFRESH_MS = 5_000;

export function useActivities(feed: Feed, filter: ActivityFilter) {
  const zone = useZone();
  // Days begin at another moment in another zone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the zone is read by parseMoment
  const asked = useMemo(() => toParams(filter), [filter, zone]);
  return useNewestFirst<Activity>({
    queryKey: ["activities", feed, asked],
    load: (cursor) => {
      const query = { ...asked, limit: PAGE_ROWS, ...cursor };
      if (feed === "deployment") {
        return unwrap(api.GET("/api/v1/admin/activities", { params: { query } }));
      }
      return "project" in feed
        ? unwrap(
            api.GET("/api/v1/projects/{project}/activities", { params: { path: feed, query } }),
          )
        : unwrap(api.GET("/api/v1/teams/{team}/activities", { params: { path: feed, query } }));
    },
    everyMs: REFRESH_MS,
    isAppendOnly: true,
  });
}

function toParams({ what, who, from, to }: ActivityFilter) {
  const begin = from && parseMoment(from);
  const end = to && parseMoment(dayAfter(to));
  return {
    ...(what ? { type: typesNamed(what) } : {}),
    ...(who ? { actor: who } : {}),
    ...(begin ? { from: begin } : {}),
    ...(end ? { to: end } : {}),
  };
}

function isDay(given: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(given) && parseMoment(given) !== undefined;
}
