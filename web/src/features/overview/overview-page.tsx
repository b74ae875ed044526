import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PlugZap, ScrollText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { Figures } from "@/features/metrics/figures";
import { FavoriteStar } from "@/features/projects/favorite-star";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Page } from "@/ui/page";
import { ProblemView, Skeleton } from "@/ui/states";
import { FirstSteps } from "./first-steps";
import { Clients, Failures, Servers } from "./lists";

/** What the figures and failures are of. */
const LAST = "24h";

/** How a project stands: what to do next, how calls went, what is connected. */
export function OverviewPage({ project }: { project: string }) {
  const { t } = useTranslation();
  const found = useQuery(projectQuery(project));
  return (
    <Page
      title={found.data?.name ?? t("overview.title")}
      actions={
        <>
          {found.data && <FavoriteStar project={found.data} />}
          <Link to="/projects/$project/tool-calls" params={{ project }} className={buttonClass()}>
            <ScrollText size={14} aria-hidden />
            {t("shell.pages.toolCalls")}
          </Link>
          <Link
            to="/projects/$project/connect"
            params={{ project }}
            className={buttonClass("solid")}
          >
            <PlugZap size={14} aria-hidden />
            {t("shell.pages.connect")}
          </Link>
        </>
      }
    >
      {found.isPending && <Skeleton className="h-40" />}
      {found.isError && !found.data && (
        <ProblemView error={found.error} onRetry={() => void found.refetch()} />
      )}
      {found.data && (
        <>
          {found.data.description && (
            <p className="break-words text-muted">{found.data.description}</p>
          )}
          <FirstSteps project={project} />
          <div className="flex flex-col gap-2">
            <h2 className="text-muted text-xs">{t("overview.lastDay")}</h2>
            <Figures project={project} filter={{ last: LAST }} />
          </div>
          <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
            <Failures project={project} last={LAST} />
            <Servers project={project} />
            <Clients project={project} />
            <CodeBlock code={found.data.mcp_url} label={t("connect.url")} />
          </div>
        </>
      )}
    </Page>
  );
}
