import { clsx } from "clsx";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Button } from "./button";
import { CopyButton } from "./copy-button";

interface EmptyProps {
  title: string;
  text?: string;
  icon?: ReactNode;
  children?: ReactNode;
}

export function EmptyState({ title, text, icon, children }: EmptyProps) {
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col items-center gap-3 px-4 py-12 text-center">
      {icon && <div className="text-faint">{icon}</div>}
      <h2 className="font-semibold text-base">{title}</h2>
      {text && <p className="max-w-md text-muted">{text}</p>}
      {children}
    </div>
  );
}

interface ProblemProps {
  error: unknown;
  onRetry?: () => void;
  isInline?: boolean;
}

/** What went wrong, what to do, and the id under which the logs know it. */
export function ProblemView({ error, onRetry, isInline = false }: ProblemProps) {
  const { t } = useTranslation();
  const { title, text } = useProblemText(error);
  const requestId = error instanceof Problem ? error.details.requestId : undefined;
  return (
    <div
      role="alert"
      className={clsx(
        "flex flex-col gap-3 rounded-lg border border-error/40 bg-error/5 p-4",
        !isInline && "mx-auto my-10 w-[min(34rem,calc(100%-2rem))]",
      )}
    >
      <div className="flex items-start gap-2.5">
        <CircleAlert size={17} aria-hidden className="mt-px shrink-0 text-error" />
        <div className="flex min-w-0 flex-col gap-1">
          <h2 className="font-semibold">{title}</h2>
          {text && <p className="break-words text-muted">{text}</p>}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {onRetry && <Button onClick={onRetry}>{t("words.retry")}</Button>}
        {requestId && (
          <span className="flex min-w-0 items-center gap-1 text-muted text-xs">
            <span className="shrink-0">{t("words.problem.requestId")}</span>
            <code className="truncate font-mono text-text">{requestId}</code>
            <CopyButton text={requestId} label={t("words.problem.requestId")} />
          </span>
        )}
      </div>
    </div>
  );
}

/** An error in the reader's language; the details are the server's own words. */
export function useProblemText(error: unknown): { title: string; text: string } {
  const { t } = useTranslation();
  if (!(error instanceof Problem)) {
    return { title: t("words.problem.otherTitle"), text: t("words.problem.unexpected") };
  }
  const { status, code, detail, title } = error.details;
  const said = detail || title;
  if (status === 0) {
    return { title: t("words.problem.unreachableTitle"), text: t("words.problem.unreachable") };
  }
  if (code === "server_unavailable") {
    return { title: t("words.problem.serverUnavailableTitle"), text: said };
  }
  if (status === 403) return { title: t("words.problem.forbiddenTitle"), text: said };
  if (status === 404) {
    return { title: t("words.problem.missingTitle"), text: t("words.problem.missing") };
  }
  if (status >= 502) return { title: t("words.problem.unavailableTitle"), text: said };
  return { title: t("words.problem.otherTitle"), text: said };
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx("animate-pulse rounded-md bg-hover", className)} />;
}

/** Rows that stand in for a list while it loads, so that nothing jumps. */
export function SkeletonRows({ count, height }: { count: number; height: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("words.loading")}>
      {Array.from({ length: count }, (_, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
          key={index}
          style={{ height }}
          className="flex items-center border-border-subtle border-b px-4"
        >
          <Skeleton className={clsx("h-3", index % 3 === 1 ? "w-3/5" : "w-4/5")} />
        </div>
      ))}
    </div>
  );
}
