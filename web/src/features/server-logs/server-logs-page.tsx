import { useQuery } from "@tanstack/react-query";
import { SquareTerminal } from "lucide-react";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import type { LogLevel } from "@/api/types";
import { Button } from "@/ui/button";
import { Choice } from "@/ui/choice";
import { PageBar, useTitle } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { LogLines } from "./log-lines";
import { useServerLogs } from "./server-logs";

const LEVELS = ["debug", "info", "warning", "error"] as const;
type Level = (typeof LEVELS)[number];

export function readLevel(text: string | undefined): Level | undefined {
  return LEVELS.find((level) => level === text);
}

interface Search {
  server?: string | undefined;
  level?: string | undefined;
}

interface Props {
  project: string;
  server: string | undefined;
  /** The least that is shown. */
  level: Level | undefined;
  onFilter: (search: Search) => void;
}

export function ServerLogsPage({ project, server, level, onFilter }: Props) {
  const { t } = useTranslation();
  useTitle(t("serverLogs.title"));
  const servers = useQuery(serversQuery(project)).data ?? [];
  const { list, older } = useServerLogs(project, server);
  const shown = list.data?.rows.filter((log) => rank(log.level) >= rank(level ?? "debug"));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar
        title={t("serverLogs.title")}
        actions={
          <>
            <Choice
              label={t("serverLogs.server")}
              value={server ?? ""}
              onChange={(next) => onFilter({ server: next || undefined, level })}
            >
              <option value="">{t("serverLogs.allServers")}</option>
              {servers.map(({ id, name }) => (
                <option key={id}>{name}</option>
              ))}
            </Choice>
            <Choice
              label={t("serverLogs.level")}
              value={level ?? "debug"}
              onChange={(next) => onFilter({ server, level: next === "debug" ? undefined : next })}
            >
              {LEVELS.map((one) => (
                <option key={one} value={one}>
                  {t(`serverLogs.atLeast.${one}`)}
                </option>
              ))}
            </Choice>
          </>
        }
      />
      {list.isPending && <SkeletonRows count={20} height={24} />}
      {list.isError && !list.data && (
        <ProblemView error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isError && list.data && (
        <p role="alert" className="border-border-subtle border-b px-3 py-1.5 text-timeout text-xs">
          {t("serverLogs.broken")}
        </p>
      )}
      {list.data?.rows.length === 0 && (
        <EmptyState
          icon={<SquareTerminal size={28} aria-hidden />}
          title={t("serverLogs.emptyTitle")}
          text={t("serverLogs.empty")}
        />
      )}
      {list.data && list.data.rows.length > 0 && shown?.length === 0 && (
        <EmptyState
          icon={<SquareTerminal size={28} aria-hidden />}
          title={t("serverLogs.noMatchTitle")}
          text={t("serverLogs.noMatch", { count: list.data.rows.length })}
        >
          <div className="flex flex-wrap justify-center gap-2">
            {list.data.hasOlder && (
              <Button disabled={older.isPending} onClick={() => older.mutate()}>
                {t("serverLogs.lookBack")}
              </Button>
            )}
            <Button onClick={() => onFilter({ server })}>{t("serverLogs.atLeast.debug")}</Button>
          </div>
          {older.isError && <ProblemView error={older.error} isInline />}
        </EmptyState>
      )}
      {shown && shown.length > 0 && (
        <LogLines
          key={`${server} ${level}`}
          project={project}
          logs={shown}
          hasOlder={(list.data?.hasOlder ?? false) && !older.isPending && !older.isError}
          onOlder={older.mutate}
          showsServer={server === undefined}
        />
      )}
    </div>
  );
}

function rank(level: LogLevel): number {
  return LEVELS.indexOf(level as Level);
}
