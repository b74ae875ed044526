interface Page<T> {
  data: T[];
  page: { older?: string | null; has_older: boolean };
}

/** More pages than any list of things that people make by hand has. */
const MOST_PAGES = 20;

/** Follows a list to its end; for lists of things that people make, never for tool calls. */
export async function everyPage<T>(
  load: (cursor: { cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: { cursor?: string } = {};
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const { data, page } = await load(cursor);
    rows.push(...data);
    if (!page.has_older || !page.older) break;
    cursor = { cursor: page.older };
  }
  return rows;
}
