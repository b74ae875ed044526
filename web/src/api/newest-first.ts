import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

interface Row {
  id: string;
}

interface Page<T> {
  data: T[];
  page: { older?: string | null; has_older: boolean };
}

/** A list that grows at both ends: above as time goes on, below as the reader goes back. */
export interface NewestFirst<T> {
  rows: T[];
  older: string | null;
  hasOlder: boolean;
}

interface Options<T> {
  queryKey: QueryKey;
  load: (cursor: { cursor?: string }) => Promise<Page<T>>;
  /** How often the newest page is read again, in milliseconds; false: never. */
  everyMs: number | false;
}

/**
 * Reads only the newest page again and again, whatever was loaded below. (An infinite query would
 * read each of its pages.)
 */
export function useNewestFirst<T extends Row>({ queryKey, load, everyMs }: Options<T>) {
  const queries = useQueryClient();
  const list = useQuery({
    queryKey,
    queryFn: async (): Promise<NewestFirst<T>> =>
      withNewest(queries.getQueryData(queryKey), await load({})),
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
    return { rows: data, older: page.older ?? null, hasOlder: page.has_older };
  }
  const read = new Map(data.map((row) => [row.id, row]));
  const fresh = data.filter(({ id }) => !known.has(id));
  return { ...before, rows: [...fresh, ...before.rows.map((row) => read.get(row.id) ?? row)] };
}

function withOlder<T extends Row>(before: NewestFirst<T>, { data, page }: Page<T>): NewestFirst<T> {
  const known = new Set(before.rows.map(({ id }) => id));
  const rows = [...before.rows, ...data.filter(({ id }) => !known.has(id))];
  return { rows, older: page.older ?? null, hasOlder: page.has_older };
}
