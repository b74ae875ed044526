import type { Expression } from "@/lib/query/expression";

/**
 * The condition that a payload has a value at a place such as `$.repo.owner`; absent where the query
 * language has none: within lists, and for keys that hold what a query parts words by.
 */
export function conditionAt(
  part: "arguments" | "result",
  path: string,
  text: string,
): Expression | undefined {
  const inner = path.replace(/^\$\.?/, "");
  if (part === "arguments" && /^[\w]+(\.[\w]+)*$/.test(inner)) {
    return {
      field: { field: "arguments", path: inner, operator: "=", value: { pattern: [text] } },
    };
  }
  const hasWord = /[\p{Alphabetic}\p{N}]/u.test(text);
  if (!hasWord) return undefined;
  return { field: { field: part, operator: "=", value: { pattern: [text] } } };
}
