import { ExactNumber, type Json } from "./json";

export type JsonKind = "string" | "number" | "bool" | "null" | "open" | "close";

/** One line of a JSON text as a tree shows it. */
export interface JsonLine {
  /** Where the value stands: `$.items[3].name`. */
  path: string;
  depth: number;
  key: string | undefined;
  kind: JsonKind;
  text: string;
  /** Of what can be opened and closed. */
  node?: { isOpen: boolean; count: number; brackets: string };
  comma: boolean;
}

/** Levels and sizes up to which a tree is open at first. */
const OPEN_DEPTH = 3;
const OPEN_CHILDREN = 40;

/** Whether a node is open before anybody touched it. */
export function isOpenAtFirst(value: Json, depth: number): boolean {
  const children = childrenOf(value);
  if (depth === 0) return true;
  // A list of plain values says enough by its length: `[ 3 ]`.
  const isPlainList = Array.isArray(value) && children.every(([, one]) => !isNode(one));
  return depth < OPEN_DEPTH && children.length <= OPEN_CHILDREN && !isPlainList;
}

/**
 * The lines of a value; `toggled` holds the paths that are not as they were at first, `opened`
 * those that are open in any case.
 */
export function jsonLines(
  value: Json,
  toggled: ReadonlySet<string>,
  opened: readonly string[] = [],
): JsonLine[] {
  const lines: JsonLine[] = [];
  walk(value, "$", undefined, 0, false);
  return lines;

  function walk(at: Json, path: string, key: string | undefined, depth: number, comma: boolean) {
    if (!isNode(at)) {
      lines.push({ path, depth, key, comma, ...leaf(at) });
      return;
    }
    const children = childrenOf(at);
    const brackets = Array.isArray(at) ? "[]" : "{}";
    const isWanted = opened.includes(path) || isOpenAtFirst(at, depth) !== toggled.has(path);
    const isOpen = children.length > 0 && isWanted;
    const node = { isOpen, count: children.length, brackets };
    const open = { path, depth, key, kind: "open" as const, text: brackets[0] ?? "", node };
    lines.push({ ...open, comma: comma && !isOpen });
    if (!isOpen) return;
    children.forEach(([name, one], index) => {
      const isLast = index === children.length - 1;
      walk(
        one,
        childPath(path, name),
        typeof name === "string" ? name : undefined,
        depth + 1,
        !isLast,
      );
    });
    const text = brackets[1] ?? "";
    lines.push({ path: `${path} end`, depth, key: undefined, kind: "close", text, comma });
  }
}

/** What a value without children says, without quotes around it. */
export function leafText(value: Json): string {
  return typeof value === "string" ? value : leaf(value).text;
}

function leaf(value: Json): Pick<JsonLine, "kind" | "text"> {
  if (value instanceof ExactNumber) return { kind: "number", text: value.text };
  if (value === null) return { kind: "null", text: "null" };
  if (typeof value === "boolean") return { kind: "bool", text: String(value) };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  return { kind: "string", text: JSON.stringify(value) };
}

export function isNode(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === "object" && value !== null && !(value instanceof ExactNumber);
}

export function childrenOf(value: Json): [string | number, Json][] {
  if (!isNode(value)) return [];
  return Array.isArray(value) ? value.map((one, index) => [index, one]) : Object.entries(value);
}

export function childPath(path: string, name: string | number): string {
  if (typeof name === "number") return `${path}[${name}]`;
  return /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
