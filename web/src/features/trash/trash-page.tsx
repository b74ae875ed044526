import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderOpen, Trash2, Undo2, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Discarded } from "@/api/types";
import { formatMoment, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { trashQuery, useRestore } from "./trash";

/** What was thrown away, and for how long it can be taken back. */
export function TrashPage() {
  const { t } = useTranslation();
  const trash = useQuery(trashQuery);
  const restore = useRestore();
  return (
    <Page title={t("shell.pages.trash")}>
      <p className="text-muted">{t("trash.page.text")}</p>
      {trash.isPending && <SkeletonRows count={3} height={60} />}
      {trash.isError && !trash.data && (
        <ProblemView error={trash.error} onRetry={() => void trash.refetch()} />
      )}
      {restore.isSuccess && <Restored thing={restore.variables} />}
      {restore.isError && <ProblemView error={restore.error} isInline />}
      {trash.data?.length === 0 && (
        <EmptyState icon={<Trash2 size={28} aria-hidden />} title={t("trash.page.empty")} />
      )}
      {trash.data && trash.data.length > 0 && (
        <ul className="divide-y divide-border-subtle rounded-lg border border-border">
          {trash.data.map((thing) => (
            <Row
              key={thing.id}
              thing={thing}
              isBusy={restore.isPending}
              onRestore={() => restore.mutate(thing)}
            />
          ))}
        </ul>
      )}
    </Page>
  );
}

interface RowProps {
  thing: Discarded;
  isBusy: boolean;
  onRestore: () => void;
}

function Row({ thing, isBusy, onRestore }: RowProps) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const Icon = thing.kind === "project" ? FolderOpen : Users;
  const relative = (at: string) => formatRelative(at, now, i18n.language);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <Icon size={16} aria-hidden className="shrink-0 text-faint" />
      <div className="flex min-w-48 flex-1 flex-col">
        <span className="truncate font-semibold">
          {thing.name}
          <span className="ml-2 font-normal text-muted text-xs">
            {t(thing.kind === "project" ? "trash.page.project" : "teams.one")}
          </span>
        </span>
        <span className="truncate font-mono text-muted text-xs">{thing.slug}</span>
      </div>
      <div className="flex flex-col text-xs">
        <span title={formatMoment(thing.deleted_at)} className="text-muted">
          {t("trash.page.deleted", { when: relative(thing.deleted_at) })}
        </span>
        <span title={formatMoment(thing.gone_at)} className="text-timeout">
          {t("trash.page.gone", { when: relative(thing.gone_at) })}
        </span>
      </div>
      <Button
        disabled={isBusy}
        aria-label={t("trash.page.restoreOf", { name: thing.name })}
        onClick={onRestore}
      >
        <Undo2 size={13} aria-hidden />
        {t("trash.page.restore")}
      </Button>
    </li>
  );
}

/** Where what was taken back is now. */
function Restored({ thing }: { thing: Discarded }) {
  const { t } = useTranslation();
  const look = "text-accent underline";
  return (
    <p role="status">
      {t("trash.page.restored")}{" "}
      {thing.kind === "project" ? (
        <Link to="/projects/$project" params={{ project: thing.slug }} className={look}>
          {thing.name}
        </Link>
      ) : (
        <Link to="/teams/$team" params={{ team: thing.slug }} className={look}>
          {thing.name}
        </Link>
      )}
    </p>
  );
}
