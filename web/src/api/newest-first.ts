import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

interface Row {
  id: string;
}

interface Page<T> {
  data: T[];
  page: { older?: string | null; newer?: string | null; has_older: boolean };
}

/** A list that grows at both ends: above as time goes on, below as the reader goes back. */
export interface NewestFirst<T> {
  rows: T[];
  older: string | null;
  /** Behind the newest row that was read. */
  newer: string | null;
  hasOlder: boolean;
}

interface Options<T> {
  queryKey: QueryKey;
  load: (cursor: { cursor?: string }) => Promise<Page<T>>;
  /** How often it is looked for what is new, in milliseconds; false: never. */
  everyMs: number | false;
  /** No row changes once it is there: only what came since is read. */
  isAppendOnly?: boolean;
}

/** More pages of new rows than come between two looks; the next look goes on behind them. */
const MOST_PAGES = 20;

/**
 * Reads only what is new, or the newest page, again and again, whatever was loaded below. (An
 * infinite query would read each of its pages.)
 */
export function useNewestFirst<T extends Row>(options: Options<T>) {
  const { queryKey, load, everyMs, isAppendOnly = false } = options;
  const queries = useQueryClient();
  const list = useQuery({
    queryKey,
    queryFn: async (): Promise<NewestFirst<T>> => {
      const before = queries.getQueryData<NewestFirst<T>>(queryKey);
      if (isAppendOnly && before?.newer) return withNewer(before, load);
      return withNewest(before, await load({}));
    },
    refetchInterval: everyMs,
  });
  const older = useMutation({
    mutationFn: async () => {
      const before = queries.getQueryData<NewestFirst<T>>(queryKey);
      if (!before?.older || !before.hasOlder) return;
      const page = await load({ cursor: before.older });
      queries.setQueryData<NewestFirst<T>>(queryKey, (now) =>
        now && now.older === before.older ? withOlder(now, page) : now,
      );
    },
  });
  return { list, older };
}

/** With a newest page on top; where it does not meet the rows they are let go, so that no gap is hidden. */
export function withNewest<T extends Row>(
  before: NewestFirst<T> | undefined,
  { data, page }: Page<T>,
): NewestFirst<T> {
  const known = new Set(before?.rows.map(({ id }) => id));
  const meets = !page.has_older || data.some(({ id }) => known.has(id));
  if (!before || !meets) {
    return { rows: data, ...places(page), hasOlder: page.has_older };
  }
  const read = new Map(data.map((row) => [row.id, row]));
  const fresh = data.filter(({ id }) => !known.has(id));
  return { ...before, rows: [...fresh, ...before.rows.map((row) => read.get(row.id) ?? row)] };
}

/** With what came since on top: page by page, until one has nothing more. */
export async function withNewer<T extends Row>(
  before: NewestFirst<T>,
  load: Options<T>["load"],
): Promise<NewestFirst<T>> {
  let now = before;
  for (let count = 0; count < MOST_PAGES && now.newer; count += 1) {
    const { data, page } = await load({ cursor: now.newer });
    if (data.length === 0) break;
    now = { ...now, rows: [...data, ...now.rows], newer: page.newer ?? null };
  }
  return now;
}

function withOlder<T extends Row>(before: NewestFirst<T>, { data, page }: Page<T>): NewestFirst<T> {
  const known = new Set(before.rows.map(({ id }) => id));
  const rows = [...before.rows, ...data.filter(({ id }) => !known.has(id))];
  return { ...before, rows, older: page.older ?? null, hasOlder: page.has_older };
}

function places({ older, newer }: Page<unknown>["page"]) {
  return { older: older ?? null, newer: newer ?? null };
}
