import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { useTranslation } from "react-i18next";
import { connectQuery } from "@/api/connect";
import { projectQuery } from "@/api/project";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { EmptyState } from "@/ui/states";
import { NoServers } from "./no-servers";

/** One command in a terminal, and it is there. */
const FIRST_SHOWN = "claude-code";

/** Nothing was ever called: how to make the first call. */
export function NoCallsYet({ project }: { project: string }) {
  const { t } = useTranslation();
  const guide = useQuery(connectQuery(project)).data?.find(({ client }) => client === FIRST_SHOWN);
  const mcpUrl = useQuery(projectQuery(project)).data?.mcp_url;
  return (
    <EmptyState
      icon={<Radio size={28} aria-hidden />}
      title={t("toolCalls.empty.title")}
      text={t("toolCalls.empty.text")}
    >
      <NoServers project={project} />
      {mcpUrl && (
        <div className="flex w-full flex-col gap-3 text-left">
          <CodeBlock code={mcpUrl} label={t("connect.url")} />
          {guide && <CodeBlock code={guide.text} label={guide.title} />}
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
