import { clsx } from "clsx";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ServerTrial } from "@/api/types";
import { formatDuration } from "@/lib/duration";

/** What became of a definition that was tried. */
export function Trial({ trial }: { trial: ServerTrial }) {
  const { t } = useTranslation();
  const Icon = trial.is_ok ? CircleCheck : CircleX;
  const named = [trial.implementation_name, trial.implementation_version, trial.revision];
  return (
    <section
      role="status"
      className={clsx(
        "flex flex-col gap-2 rounded-lg border p-3 text-xs",
        trial.is_ok ? "border-success/50 bg-success/5" : "border-error/50 bg-error/5",
      )}
    >
      <h3 className="flex items-center gap-2 font-semibold">
        <Icon size={14} aria-hidden className={trial.is_ok ? "text-success" : "text-error"} />
        {trial.is_ok
          ? t("servers.trial.ok", { count: trial.tools.length })
          : t("servers.trial.failed")}
        <span className="tabular ml-auto font-mono font-normal text-muted">
          {formatDuration(trial.duration_us)}
        </span>
      </h3>
      {trial.error && <p className="break-words [overflow-wrap:anywhere]">{trial.error}</p>}
      {trial.is_ok && <p className="text-muted">{named.filter(Boolean).join(" · ")}</p>}
      {trial.tools.length > 0 && (
        <p className="max-h-24 overflow-y-auto break-words font-mono text-muted">
          {trial.tools.map(({ name }) => name).join(", ")}
        </p>
      )}
      {trial.stderr_excerpt && (
        <pre
          tabIndex={0}
          role="region"
          aria-label={t("toolCalls.drawer.stderr")}
          className="max-h-40 overflow-auto whitespace-pre-wrap break-words font-mono text-muted [overflow-wrap:anywhere]"
        >
          {trial.stderr_excerpt}
        </pre>
      )}
    </section>
  );
}
