import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { claudeCodeCommand } from "@/lib/clients";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { EmptyState } from "@/ui/states";

/** Nothing was ever called: how to make the first call. */
export function NoCallsYet({ project }: { project: string }) {
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
