import { useTranslation } from "react-i18next";
import { formatBytes, formatCount } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { ProblemView } from "@/ui/states";
import type { Export } from "./export";

interface Props {
  /** Absent: nothing is exported. */
  of: Export | undefined;
  onCancel: () => void;
}

/** How far an export is, in a corner of the page. */
export function ExportProgress({ of, onCancel }: Props) {
  const { t, i18n } = useTranslation();
  if (!of) return null;
  const { calls, bytes, total, error } = of;
  return (
    <section
      aria-label={t("toolCalls.share.progress")}
      className="fixed right-3 bottom-3 z-30 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-3 rounded-lg border border-border bg-raised p-3 shadow-pop"
    >
      <div className="flex items-center justify-between gap-3">
        <div className="flex flex-col">
          <span className="font-semibold">
            {t(error ? "toolCalls.share.broken" : "toolCalls.share.progress")}
          </span>
          <span className="tabular text-muted text-xs">
            {total === undefined
              ? t("toolCalls.histogram.calls", { count: calls })
              : t("toolCalls.share.soFar", {
                  count: total,
                  calls: formatCount(calls, i18n.language),
                })}{" "}
            · {formatBytes(bytes)}
          </span>
        </div>
        <Button onClick={onCancel}>{t(error ? "words.close" : "words.cancel")}</Button>
      </div>
      {error ? (
        <ProblemView error={error} isInline />
      ) : (
        <progress
          aria-label={t("toolCalls.share.progress")}
          max={total}
          // Calls that arrive meanwhile may come in addition.
          value={total === undefined ? undefined : Math.min(calls, total)}
          className="export-progress h-1 w-full"
        />
      )}
    </section>
  );
}
