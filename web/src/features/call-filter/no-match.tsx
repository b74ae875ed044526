import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/states";
import { useDaysKept } from "./retention";
import { type CallFilter, withQuery, withRange } from "./search";

interface NoMatchProps<T extends CallFilter> {
  project: string;
  search: T;
  onChange: (search: T) => void;
}

/** There are calls, but none here. */
export function NoMatch<T extends CallFilter>({ project, search, onChange }: NoMatchProps<T>) {
  const { t } = useTranslation();
  const isFiltered = search.q !== undefined;
  const daysKept = useDaysKept(project, search);
  return (
    <EmptyState
      icon={<SearchX size={28} aria-hidden />}
      title={t("toolCalls.noMatch.title")}
      text={t(isFiltered ? "toolCalls.noMatch.text" : "toolCalls.noMatch.textRange")}
    >
      {daysKept !== undefined && (
        <p className="max-w-md text-muted">{t("toolCalls.kept", { count: daysKept })}</p>
      )}
      <div className="flex flex-wrap justify-center gap-2">
        {isFiltered && (
          <Button onClick={() => onChange(withQuery(search, null))}>{t("filter.clear")}</Button>
        )}
        {search.last !== "7d" && (
          <Button onClick={() => onChange(withRange(search, { last: "7d" }))}>
            {t("toolCalls.noMatch.widen")}
          </Button>
        )}
      </div>
    </EmptyState>
  );
}
