import { clsx } from "clsx";
import type { ReactNode } from "react";
import type { QueryProblem } from "@/lib/query/expression";
import { type QueryToken, tokensOf } from "@/lib/query/tokens";

const STATUS_COLOURS: Record<string, string> = {
  success: "text-success",
  error: "text-error",
  timeout: "text-timeout",
  running: "text-running",
  cancelled: "text-cancelled",
};

function colourOf({ kind, field, text }: QueryToken): string {
  if (kind === "field" || kind === "minus") return "text-json-key";
  if (kind === "operator") return "text-json-number";
  if (kind === "keyword") return "text-accent font-semibold";
  if (kind !== "value") return kind === "text" ? "text-text" : "text-json-punct";
  if (field === "status") return STATUS_COLOURS[text] ?? "text-text";
  return field === "duration" || field === "code" ? "text-json-number" : "text-text";
}

interface Props {
  text: string;
  problem: QueryProblem | undefined;
}

/** A query in colours, each condition on its field a chip; lies beneath the text that is typed. */
export function Highlighted({ text, problem }: Props) {
  return (
    <>
      <span className="whitespace-pre">
        {chips(tokensOf(text)).map((chip) => {
          const first = chip[0]?.start;
          const pieces = chip.map((token) => (
            <span key={token.start} className={colourOf(token)}>
              {token.text}
            </span>
          ));
          return chip.length > 1 ? <Chip key={first}>{pieces}</Chip> : pieces;
        })}
      </span>
      {problem && (
        <span className="absolute inset-0 whitespace-pre text-transparent">
          {text.slice(0, problem.start)}
          <u className="decoration-error decoration-wavy underline-offset-4">
            {text.slice(problem.start, Math.max(problem.end, problem.start + 1)) || "  "}
          </u>
        </span>
      )}
    </>
  );
}

/** An outline that takes no room, so that the text stays beneath what is typed. */
function Chip({ children }: { children: ReactNode }) {
  return (
    <span
      className={clsx(
        "rounded-[1px] bg-raised shadow-[0_0_0_3px_var(--raised),0_0_0_4px_var(--border)]",
      )}
    >
      {children}
    </span>
  );
}

/** Tokens that belong to one condition, together; all others alone. */
function chips(tokens: QueryToken[]): QueryToken[][] {
  const found: QueryToken[][] = [];
  for (const token of tokens) {
    const last = found.at(-1);
    const before = last?.[0];
    const isMore = token.field !== undefined && before?.kind === "field";
    if (last && isMore) last.push(token);
    else found.push([token]);
  }
  return found;
}
