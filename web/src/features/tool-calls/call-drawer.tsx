import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { X } from "lucide-react";
import { Tabs } from "radix-ui";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "@/api/types";
import { narrowed } from "@/lib/query/edit";
import type { Expression } from "@/lib/query/expression";
import { formatMoment } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { IconButton } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import { ProblemView, Skeleton } from "@/ui/states";
import { STATUS_TEXT, Status } from "@/ui/status";
import { CallOverview } from "./call-overview";
import { callQuery } from "./calls";
import { Duration } from "./duration";
import { TABS, type Tab } from "./filter";
import { Neighbours } from "./neighbours";
import { conditionAt } from "./payload-condition";
import { PayloadView } from "./payload-view";

interface Props {
  project: string;
  id: string;
  /** The call as the list knows it, until all of it is there. */
  listed: ToolCall | undefined;
  tab: Tab;
  /** The filter of the list. */
  query: Expression | null;
  onTab: (tab: Tab) => void;
  onOpen: (id: string) => void;
  onClose: () => void;
  onMove: (by: number) => void;
  onQuery: (query: Expression | null) => void;
}

/** One call, beside the list. */
export function CallDrawer(props: Props) {
  const { project, id, listed, tab, query, onTab, onOpen, onClose, onMove, onQuery } = props;
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(callQuery(project, id));
  const call = newest(data, listed);
  return (
    <aside
      aria-label={t("toolCalls.drawer.label")}
      className="flex min-h-0 flex-col border-border-subtle border-l bg-surface max-md:fixed max-md:inset-0 max-md:z-30 max-md:border-l-0 md:w-[27rem] md:shrink-0 xl:w-[30rem]"
    >
      <div className="flex items-start gap-2 px-3.5 pt-3">
        <h2 className="min-w-0 flex-1 break-words font-mono font-semibold text-sm">
          {call?.tool_name ?? <Skeleton className="h-4 w-40" />}
        </h2>
        <div className="flex items-center gap-1">
          <span className="hidden gap-1 md:flex">
            <MoveKey letter="J" label={t("toolCalls.drawer.next")} onClick={() => onMove(1)} />
            <MoveKey letter="K" label={t("toolCalls.drawer.previous")} onClick={() => onMove(-1)} />
          </span>
          <IconButton label={t("toolCalls.drawer.close")} onClick={onClose}>
            <X size={16} aria-hidden />
          </IconButton>
        </div>
      </div>
      {call && <Headline call={call} />}
      {error && !data && <ProblemView error={error} onRetry={() => void refetch()} />}
      {call && (
        <Tabs.Root
          value={tab}
          onValueChange={(next) => onTab(next as Tab)}
          className="mt-2 flex min-h-0 flex-1 flex-col"
        >
          <Tabs.List
            aria-label={t("toolCalls.drawer.label")}
            className="flex shrink-0 gap-4 border-border-subtle border-b px-3.5"
          >
            {TABS.map((one) => (
              <Tabs.Trigger
                key={one}
                value={one}
                className="-mb-px h-9 border-transparent border-b-2 font-medium text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
              >
                {t(`toolCalls.drawer.tabs.${one}`)}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          {TABS.map((one) => (
            <Tabs.Content
              key={one}
              value={one}
              className="min-h-0 flex-1 overflow-y-auto p-3.5 -outline-offset-2"
            >
              {one === "overview" && (
                <CallOverview
                  project={project}
                  call={call}
                  isWhole={data !== undefined}
                  query={query}
                  onQuery={onQuery}
                />
              )}
              {one === "session" && <Neighbours project={project} call={call} onOpen={onOpen} />}
              {(one === "arguments" || one === "result") && (
                <PayloadView
                  call={call}
                  part={one}
                  isLoading={data === undefined && !error}
                  onFilter={(path, text) => {
                    const more = conditionAt(one, path, text);
                    if (more) onQuery(narrowed(query, more));
                  }}
                />
              )}
            </Tabs.Content>
          ))}
        </Tabs.Root>
      )}
    </aside>
  );
}

function Headline({ call }: { call: ToolCall }) {
  const { t } = useTranslation();
  useZone();
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3.5 pt-1 font-mono text-muted text-xs">
      <span className={clsx("rounded-sm bg-current/10 px-1.5 font-sans", STATUS_TEXT[call.status])}>
        <Status status={call.status} />
      </span>
      <Duration call={call} />
      <span aria-hidden>·</span>
      <span>{call.server_name ?? t("toolCalls.noServer")}</span>
      <span aria-hidden className="max-md:hidden">
        ·
      </span>
      <time dateTime={call.started_at}>{formatMoment(call.started_at)}</time>
    </div>
  );
}

interface MoveProps {
  letter: string;
  label: string;
  onClick: () => void;
}

function MoveKey({ letter, label, onClick }: MoveProps) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick} className="rounded-sm">
      <Kbd>{letter}</Kbd>
    </button>
  );
}

/** The call with its payloads, unless the list has heard of its end since. */
function newest(read: ToolCall | undefined, listed: ToolCall | undefined): ToolCall | undefined {
  if (!read) return listed;
  const isOld = read.status === "running" && listed !== undefined && listed.status !== "running";
  return isOld ? { ...listed, arguments: read.arguments ?? null } : read;
}
