import type { Json } from "./json";
import { childPath, childrenOf, isNode, leafText } from "./json-lines";

/** Where a text was found: in a value or in its name. */
export interface JsonMatch {
  path: string;
  /** The paths of what it stands in, outermost first. */
  parents: string[];
}

/** More than anybody steps through. */
export const MOST_MATCHES = 1_000;

/** Where a text stands in the names and values, whatever its case; at most `MOST_MATCHES`. */
export function findInJson(value: Json, text: string): JsonMatch[] {
  const wanted = text.toLowerCase();
  const found: JsonMatch[] = [];
  if (wanted === "") return found;
  const parents: string[] = [];
  walk(value, "$", "");
  return found;

  function walk(at: Json, path: string, name: string) {
    if (found.length >= MOST_MATCHES) return;
    const says = isNode(at) ? name : `${name}\n${leafText(at)}`;
    if (says.toLowerCase().includes(wanted)) found.push({ path, parents: [...parents] });
    if (!isNode(at)) return;
    parents.push(path);
    for (const [key, one] of childrenOf(at)) {
      walk(one, childPath(path, key), typeof key === "string" ? key : "");
    }
    parents.pop();
  }
}
