import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "@/api/types";
import { formatDuration } from "@/lib/duration";
import { type TimePart, timeParts } from "./describe";

const COLOURS: Record<TimePart["part"], string> = {
  queue: "bg-chart-timeout",
  connect: "bg-p99",
  upstream: "bg-p50",
  gateway: "bg-chart-ok",
};

/** Where the time of a call went, as one bar and in figures. */
export function Timing({ call }: { call: ToolCall }) {
  const { t } = useTranslation();
  const parts = timeParts(call);
  const total = parts.reduce((sum, { us }) => sum + us, 0);
  if (total === 0) return null;
  return (
    <section className="flex flex-col gap-2 rounded-lg border border-border p-3">
      <h3 className="font-medium text-muted text-xs">{t("toolCalls.drawer.timing.title")}</h3>
      <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full">
        {parts.map(({ part, us }) => (
          <span
            key={part}
            className={clsx("min-w-[3px]", COLOURS[part])}
            style={{ flexGrow: us / total, flexBasis: 0 }}
          />
        ))}
      </div>
      <ul className="flex flex-col gap-1">
        {parts.map(({ part, us }) => (
          <li key={part} className="flex items-center gap-2 text-xs">
            <span aria-hidden className={clsx("size-2 rounded-[2px]", COLOURS[part])} />
            <span className="text-muted">{t(`toolCalls.drawer.timing.${part}`)}</span>
            <span className="tabular ml-auto font-mono">{formatDuration(us)}</span>
            <span className="tabular w-10 text-right font-mono text-faint">
              {Math.round((us / total) * 100)} %
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
