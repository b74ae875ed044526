import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { useNewestFirst } from "@/api/newest-first";
import { Button } from "@/ui/button";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";

interface Props<T extends { id: string }> {
  of: ReturnType<typeof useNewestFirst<T>>;
  empty: string;
  children: (row: T) => ReactNode;
}

/** A list of everything of a kind, page by page. */
export function Rows<T extends { id: string }>({ of, empty, children }: Props<T>) {
  const { t } = useTranslation();
  const { list, older } = of;
  const rows = list.data?.rows;
  return (
    <>
      {list.isPending && <SkeletonRows count={6} height={52} />}
      {list.isError && !rows && (
        <ProblemView error={list.error} onRetry={() => void list.refetch()} />
      )}
      {rows?.length === 0 && <EmptyState title={empty} />}
      {rows && rows.length > 0 && (
        <ul className="divide-y divide-border-subtle rounded-lg border border-border">
          {rows.map((row) => (
            <li key={row.id} className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-2.5">
              {children(row)}
            </li>
          ))}
        </ul>
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

/** What a row is called, and what stands below it. */
export function Named({ name, below }: { name: ReactNode; below: ReactNode }) {
  return (
    <div className="flex min-w-48 flex-1 flex-col">
      <span className="truncate font-semibold">{name}</span>
      <span className="truncate text-muted text-xs">{below}</span>
    </div>
  );
}

/** Figures of a row, each with its name. */
export function Figures({ of }: { of: [name: string, value: ReactNode][] }) {
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt className="text-faint">{name}</dt>
          <dd className="tabular text-muted">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
