import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Radio, SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { withQuery, withRange } from "@/features/call-filter/search";
import { claudeCodeCommand } from "@/lib/clients";
import { Button, buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { EmptyState, SkeletonRows } from "@/ui/states";
import { Head } from "./call-list";
import { ROW_HEIGHT } from "./call-row";
import type { CallsSearch } from "./filter";
import { useHasCalls } from "./has-calls";

/** Nothing was ever called: how to make the first call. */
function NoCallsYet({ project }: { project: string }) {
  const { t } = useTranslation();
  const mcpUrl = useQuery(projectQuery(project)).data?.mcp_url;
  return (
    <EmptyState
      icon={<Radio size={28} aria-hidden />}
      title={t("toolCalls.empty.title")}
      text={t("toolCalls.empty.text")}
    >
      {mcpUrl && (
        <div className="flex w-full flex-col gap-3 text-left">
          <CodeBlock code={mcpUrl} label={t("connect.url")} />
          <CodeBlock
            code={claudeCodeCommand({
              name: project,
              url: mcpUrl,
              key: t("toolCalls.empty.placeholderKey"),
            })}
            label="Claude Code"
          />
        </div>
      )}
      <div className="flex flex-wrap justify-center gap-2">
        <Link
          to="/projects/$project/api-keys"
          params={{ project }}
          className={buttonClass("solid")}
        >
          {t("toolCalls.empty.makeKey")}
        </Link>
        <Link to="/projects/$project/connect" params={{ project }} className={buttonClass()}>
          {t("toolCalls.empty.more")}
        </Link>
      </div>
      <p role="status" className="animate-pulse text-faint text-xs">
        {t("toolCalls.empty.waiting")}
      </p>
    </EmptyState>
  );
}

interface NoMatchProps {
  search: CallsSearch;
  onChange: (search: CallsSearch) => void;
}

/** There are calls, but none here. */
function NoMatch({ search, onChange }: NoMatchProps) {
  const { t } = useTranslation();
  const isFiltered = search.q !== undefined;
  return (
    <EmptyState
      icon={<SearchX size={28} aria-hidden />}
      title={t("toolCalls.noMatch.title")}
      text={t(isFiltered ? "toolCalls.noMatch.text" : "toolCalls.noMatch.textRange")}
    >
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

interface NothingProps {
  project: string;
  search: CallsSearch;
  onSearch: (search: CallsSearch) => void;
}

/** Says why the list is empty: nobody ever called, or the filter leaves nothing. */
export function Nothing({ project, search, onSearch }: NothingProps) {
  const hasCalls = useHasCalls(project);
  const isNarrowed = search.q !== undefined || search.from !== undefined;
  if (hasCalls === undefined && !isNarrowed) return <LoadingList />;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {hasCalls || isNarrowed ? (
        <NoMatch search={search} onChange={onSearch} />
      ) : (
        <NoCallsYet project={project} />
      )}
    </div>
  );
}

export function LoadingList() {
  return (
    <div className="call-list overflow-hidden">
      <div aria-hidden>
        <Head />
      </div>
      <SkeletonRows count={24} height={ROW_HEIGHT} />
    </div>
  );
}
