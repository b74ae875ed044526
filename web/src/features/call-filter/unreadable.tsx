import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { parseQuery } from "@/lib/query/parser";
import { Button } from "@/ui/button";
import { PageBar, useTitle } from "@/ui/page";
import { EmptyState } from "@/ui/states";
import { QueryBar } from "./query-bar";
import { type CallFilter, withQuery } from "./search";

/** Whether the query can be read; one in an address may be anything. */
export function isReadable({ q }: CallFilter): boolean {
  return !parseQuery(q ?? "").problem;
}

interface Props<T extends CallFilter> {
  title: string;
  search: T;
  onSearch: (search: T) => void;
}

/** Stands in for a page whose query cannot be read: nothing is asked for until it can. */
export function UnreadableFilter<T extends CallFilter>({ title, search, onSearch }: Props<T>) {
  const { t } = useTranslation();
  useTitle(title);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar title={title} />
      <div className="border-border-subtle border-b px-3 py-2.5">
        <QueryBar
          query={search.q ?? ""}
          known={() => []}
          onChange={(query) => onSearch(withQuery(search, query))}
        />
      </div>
      <EmptyState
        icon={<SearchX size={28} aria-hidden />}
        title={t("filter.unreadable.title")}
        text={t("filter.unreadable.text")}
      >
        <Button onClick={() => onSearch(withQuery(search, null))}>{t("filter.clear")}</Button>
      </EmptyState>
    </div>
  );
}
