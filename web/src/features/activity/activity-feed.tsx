import { History } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { type ActivityFilter, type Feed, useActivities } from "./activities";
import { ActivityFilters, type Person } from "./activity-filters";
import { ActivityList } from "./activity-list";
import { useCurrentServers } from "./target";

interface Props {
  feed: Feed;
  filter: ActivityFilter;
  /** Who is offered to filter for, beside those who did what is shown. */
  people: Person[];
  onFilter: (filter: ActivityFilter) => void;
}

/** What people did, as they do it. */
export function ActivityFeed({ feed, filter, people, onFilter }: Props) {
  const { t } = useTranslation();
  const { list, older } = useActivities(feed, filter);
  const rows = list.data?.rows;
  useCurrentServers(feed, rows);
  const isFiltered = Object.keys(filter).length > 0;
  const known = new Map(people.map(({ id, name }) => [id, name]));
  for (const { actor } of rows ?? []) {
    if (actor.user_id && !known.has(actor.user_id)) known.set(actor.user_id, actor.name);
  }
  return (
    <>
      <ActivityFilters
        feed={feed}
        filter={filter}
        people={[...known].map(([id, name]) => ({ id, name }))}
        onFilter={onFilter}
      />
      {list.isPending && <SkeletonRows count={8} height={48} />}
      {list.isError && !rows && (
        <ProblemView error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isError && rows && (
        <p role="alert" className="text-timeout text-xs">
          {t("activity.broken")}
        </p>
      )}
      {rows?.length === 0 && (
        <EmptyState
          icon={<History size={28} aria-hidden />}
          title={t(isFiltered ? "activity.noMatchTitle" : "activity.emptyTitle")}
          text={t(isFiltered ? "activity.noMatch" : "activity.empty")}
        >
          {isFiltered && <Button onClick={() => onFilter({})}>{t("activity.clear")}</Button>}
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <ActivityList feed={feed} rows={rows} onWho={(who) => onFilter({ ...filter, who })} />
      )}
      {older.isError && <ProblemView error={older.error} isInline />}
      {list.data?.hasOlder && (
        <Button className="self-center" disabled={older.isPending} onClick={() => older.mutate()}>
          {t("words.loadMore")}
        </Button>
      )}
    </>
  );
}
