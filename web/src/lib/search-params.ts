/** The query part of an address: each name with one text, or with several. */
export type SearchParams = Record<string, string | string[]>;

/** Repeated names become lists, so that `status=error&status=timeout` reads as it is written. */
export function parseSearch(search: string): SearchParams {
  const found: SearchParams = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = found[name];
    if (before === undefined) found[name] = value;
    else found[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

/** The reverse of `parseSearch`; absent and empty values leave no trace. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") params.append(name, String(one));
    }
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** All values of a name, whether it was given once or more often. */
export function list(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

export function text(value: unknown): string | undefined {
  return list(value)[0];
}
