import { useTranslation } from "react-i18next";
import type { QueryProblem } from "@/lib/query/expression";
import { FIELD_NAMES, fieldNamed, wordsOf } from "@/lib/query/fields";

interface Props {
  id: string;
  text: string;
  problem: QueryProblem;
}

/** What is wrong with a query, where, and what would be right. */
export function QueryProblemText({ id, text, problem }: Props) {
  const { t } = useTranslation();
  const { code, start, end } = problem;
  const field = fieldNamed(/([\w]+)[\w.]*:[^\s"]*$/.exec(text.slice(0, start))?.[1] ?? "");
  const known = code === "unknown_field" ? FIELD_NAMES : field ? wordsOf(field) : [];
  return (
    <p id={id} role="status" className="pt-1.5 pl-8 text-error text-xs">
      {t(`filter.problems.${code}`, { text: text.slice(start, end), known: known.join(", ") })}
      <span className="ml-2 text-muted">{t("filter.column", { column: start + 1 })}</span>
    </p>
  );
}
