import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { summaryQuery } from "@/api/figures";
import { Problem } from "@/api/problem";
import { toParams } from "@/features/call-filter/search";
import { RowCount } from "@/lib/row-count";
import { stringifySearch } from "@/lib/search-params";
import { type CallsSearch, filterOf } from "./filter";

export const FORMATS = ["ndjson", "csv"] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** How often it is told how far an export is. */
const TELL_MS = 200;
/** So much is put together at once, for the browser to keep it on disk. */
const PART_BYTES = 8_388_608;

/** An export that runs, or that broke off. */
export interface Export {
  calls: number;
  bytes: number;
  /** How many there are, as far as the page has counted them. */
  total: number | undefined;
  error?: unknown;
}

/** Fetches all calls that are shown into a file, and tells how far it is. */
export function useExport(project: string) {
  const [current, setCurrent] = useState<Export>();
  const queries = useQueryClient();
  const running = useRef<AbortController>(undefined);
  const cancel = () => {
    running.current?.abort();
    setCurrent(undefined);
  };
  useEffect(() => () => running.current?.abort(), []);
  const start = async (search: CallsSearch, format: ExportFormat) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    const asked = toParams(filterOf(search));
    const total = queries.getQueryData(summaryQuery(project, asked).queryKey)?.total;
    let so: Export = { calls: 0, bytes: 0, total };
    const tell = (next: Partial<Export>) => {
      so = { ...so, ...next };
      if (!abort.signal.aborted) setCurrent(so);
    };
    tell({});
    try {
      const query = stringifySearch({ ...asked, format });
      const url = `/api/v1/projects/${encodeURIComponent(project)}/tool-calls/export${query}`;
      save(await collect(url, format, abort.signal, tell), `tool-calls.${format}`);
      if (!abort.signal.aborted) setCurrent(undefined);
    } catch (error) {
      if (!abort.signal.aborted) tell({ error });
    }
  };
  return { current, start, cancel };
}

async function collect(
  url: string,
  format: ExportFormat,
  signal: AbortSignal,
  tell: (so: Partial<Export>) => void,
): Promise<Blob> {
  const response = await fetch(url, { signal }).catch((): never => {
    throw Problem.unreachable();
  });
  if (!response.ok || !response.body) throw await Problem.from(response);
  const count = new RowCount(format);
  const parts: Blob[] = [];
  let [pending, pendingBytes, bytes, told] = [[] as Uint8Array<ArrayBuffer>[], 0, 0, 0];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((): never => {
      throw Problem.unreachable();
    });
    if (done) break;
    count.add(value);
    pending.push(value);
    bytes += value.length;
    pendingBytes += value.length;
    if (pendingBytes >= PART_BYTES) {
      parts.push(new Blob(pending));
      [pending, pendingBytes] = [[], 0];
    }
    if (performance.now() - told < TELL_MS) continue;
    told = performance.now();
    tell({ calls: count.rows, bytes });
  }
  return new Blob([...parts, ...pending]);
}

/** Hands a file to the browser's downloads. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then, and no longer needs it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
