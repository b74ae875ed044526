import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import type { TFunction } from "i18next";
import { Check, ChevronDown, Minus } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { facetsQuery } from "@/api/figures";
import type { ToolCallStatus } from "@/api/types";
import { type CallFilter, queryOf, toParams } from "@/features/call-filter/search";
import { clientTypeTitle } from "@/lib/clients";
import { formatCount, formatShortCount } from "@/lib/numbers";
import { chosenOf, excluding, toggled, unexcluding } from "@/lib/query/edit";
import type { Expression } from "@/lib/query/expression";
import { Skeleton } from "@/ui/states";
import { STATUS_TEXT } from "@/ui/status";
import { DurationFacet } from "./duration-facet";

/** Which fields are listed, and what the log service calls them. */
const FIELDS = [
  ["status", "status"],
  ["tool", "tool"],
  ["server", "server"],
  ["client", "client"],
  ["kind", "error_kind"],
] as const;

const FIRST_VALUES = 6;

export interface FacetsProps {
  project: string;
  filter: CallFilter;
  onQuery: (query: Expression | null) => void;
}

/** The other editor of the filter: what the calls have in each field, to take or to leave out. */
export const Facets = memo(function Facets(props: FacetsProps) {
  const { t } = useTranslation();
  return (
    <aside
      aria-label={t("toolCalls.facets.label")}
      className="flex w-[13.5rem] shrink-0 flex-col overflow-y-auto border-border-subtle border-r max-lg:hidden"
    >
      <FacetFields {...props} />
    </aside>
  );
});

export function FacetFields({ project, filter, onQuery }: FacetsProps) {
  const { data, isPending, isPlaceholderData } = useQuery(facetsQuery(project, toParams(filter)));
  return (
    <div aria-busy={isPlaceholderData} className="flex flex-col aria-busy:opacity-60">
      {isPending && <Skeleton className="m-3 h-40" />}
      {FIELDS.map(([field, facet]) => (
        <Facet
          key={field}
          field={field}
          values={data?.facets[facet]?.values ?? []}
          isPartial={data?.facets[facet]?.is_partial ?? false}
          query={queryOf(filter)}
          onQuery={onQuery}
        />
      ))}
      <DurationFacet query={queryOf(filter)} onQuery={onQuery} />
    </div>
  );
}

interface FacetProps {
  field: (typeof FIELDS)[number][0];
  values: { value: string; calls: number }[];
  isPartial: boolean;
  query: Expression | null;
  onQuery: (query: Expression | null) => void;
}

function Facet({ field, values, isPartial, query, onQuery }: FacetProps) {
  const { t, i18n } = useTranslation();
  const [showsAll, setShowsAll] = useState(false);
  const { included, excluded } = chosenOf(query, field);
  const listed = values.map(({ value }) => value);
  // What is chosen stays in sight, whether or not there is a call of it.
  const absent = [...included, ...excluded].filter((value) => !listed.includes(value));
  const all = [...values, ...absent.map((value) => ({ value, calls: 0 }))];
  const most = Math.max(1, ...values.map(({ calls }) => calls));
  const chosen = new Set([...included, ...excluded]);
  const shown = showsAll
    ? all
    : all.filter(({ value }, index) => index < FIRST_VALUES || chosen.has(value));
  if (all.length === 0) return null;
  return (
    <details open className="group border-border-subtle border-b px-3 py-2.5">
      <summary className="flex cursor-pointer list-none items-center justify-between rounded-sm font-medium text-xs">
        {t(`toolCalls.facets.${field}`)}
        <ChevronDown size={13} aria-hidden className="text-faint group-not-open:-rotate-90" />
      </summary>
      <ul className="mt-1.5 flex flex-col">
        {shown.map(({ value, calls }) => (
          <Value
            key={value}
            t={t}
            language={i18n.language}
            field={field}
            value={value}
            calls={calls}
            share={calls / most}
            state={included.includes(value) ? "in" : excluded.includes(value) ? "out" : undefined}
            onToggle={() =>
              onQuery(
                excluded.includes(value)
                  ? unexcluding(query, field, value)
                  : toggled(query, field, value),
              )
            }
            onExclude={() => onQuery(excluding(query, field, value))}
          />
        ))}
      </ul>
      {all.length > shown.length && (
        <button
          type="button"
          onClick={() => setShowsAll(true)}
          className="mt-1 rounded-sm text-accent text-xs hover:underline"
        >
          {t("toolCalls.facets.more", { count: all.length - shown.length })}
        </button>
      )}
      {isPartial && <p className="mt-1 text-muted text-xs">{t("toolCalls.facets.partial")}</p>}
    </details>
  );
}

interface ValueProps {
  /** Asked for once for all values: there are dozens, and asking costs more than drawing one. */
  t: TFunction;
  language: string;
  field: (typeof FIELDS)[number][0];
  value: string;
  calls: number;
  /** Of the most frequent value, 0 to 1. */
  share: number;
  state: "in" | "out" | undefined;
  onToggle: () => void;
  onExclude: () => void;
}

function Value({ t, language, field, value, calls, share, state, ...on }: ValueProps) {
  const text = valueText(t, field, value);
  return (
    <li className="group/value relative flex h-6 items-center gap-2 text-xs">
      <button
        type="button"
        role="checkbox"
        aria-checked={state === "out" ? "mixed" : state === "in"}
        aria-label={state === "out" ? t("toolCalls.facets.isOut", { value: text }) : text}
        onClick={on.onToggle}
        className="flex min-w-0 flex-1 items-center gap-2 rounded-sm text-left after:absolute after:inset-0"
      >
        <span
          aria-hidden
          className={clsx(
            "grid size-3.5 shrink-0 place-items-center rounded-[3px] border",
            state === "in" && "border-transparent bg-accent-solid text-white",
            state === "out" && "border-error text-error",
            !state && "border-border-strong",
          )}
        >
          {state === "in" && <Check size={10} strokeWidth={4} />}
          {state === "out" && <Minus size={10} strokeWidth={4} />}
        </span>
        <span
          title={text}
          className={clsx(
            "truncate",
            state === "out" && "line-through",
            field === "status" ? STATUS_TEXT[value as ToolCallStatus] : "text-muted",
            state === "in" && field !== "status" && "text-text",
          )}
        >
          {text}
        </span>
      </button>
      <span
        aria-hidden
        className="h-1 w-8 shrink-0 rounded-full bg-hover group-hover/value:invisible"
      >
        <span
          className="block h-full rounded-full bg-border-strong"
          style={{ width: `${Math.max(4, share * 100)}%` }}
        />
      </span>
      <button
        type="button"
        aria-label={t("toolCalls.facets.exclude", { value: text })}
        title={t("toolCalls.facets.exclude", { value: text })}
        onClick={on.onExclude}
        className="absolute right-10 z-10 rounded-sm px-1 text-faint opacity-0 hover:text-error focus:opacity-100 group-hover/value:opacity-100"
      >
        <Minus size={12} aria-hidden />
      </button>
      <span
        title={formatCount(calls, language)}
        className="tabular w-10 shrink-0 whitespace-nowrap text-right text-muted"
      >
        {formatShortCount(calls, language)}
      </span>
    </li>
  );
}

/** A value in the reader's language, where it is a word of ours. */
function valueText(t: TFunction, field: string, value: string): string {
  if (field === "status") return t(`toolCalls.status.${value}`, { defaultValue: value });
  if (field === "client") return clientTypeTitle(value) ?? t("toolCalls.otherClient");
  if (field === "kind") return t(`toolCalls.errorKindNames.${value}`, { defaultValue: value });
  return value;
}
