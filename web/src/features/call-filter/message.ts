import type { Expression } from "@/lib/query/expression";
import { parseQuery } from "@/lib/query/parser";
import { printQuery } from "@/lib/query/print";

/** The log shortens messages to so many characters where it counts them. */
const MESSAGE_CHARS = 200;

/** The condition that a call failed with a message; absent where the query language has none. */
export function withMessage(message: string): Expression | undefined {
  const characters = [...message];
  const isCut = characters.length >= MESSAGE_CHARS;
  // The last word of a message that was cut is no word of the message.
  const text = isCut
    ? characters.slice(0, MESSAGE_CHARS).join("").replace(/\S+$/, "").trim()
    : message;
  const condition: Expression = {
    field: { field: "error", operator: "=", value: { pattern: [text] } },
  };
  return parseQuery(printQuery(condition)).problem ? undefined : condition;
}
