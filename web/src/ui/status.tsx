import { clsx } from "clsx";
import { CircleCheck, CircleHelp, CircleSlash, CircleX, Clock3, LoaderCircle } from "lucide-react";
import { memo } from "react";
import type { ToolCallStatus } from "@/api/types";
import { useT } from "@/i18n/language";

const ICONS = {
  success: CircleCheck,
  error: CircleX,
  timeout: Clock3,
  cancelled: CircleSlash,
  running: LoaderCircle,
  unknown: CircleHelp,
} as const;

export const STATUSES = Object.keys(ICONS) as ToolCallStatus[];

export const STATUS_TEXT: Record<ToolCallStatus, string> = {
  success: "text-success",
  error: "text-error",
  timeout: "text-timeout",
  cancelled: "text-cancelled",
  running: "text-running",
  unknown: "text-muted",
};

interface Props {
  status: ToolCallStatus;
  className?: string;
}

/** A status as icon, word and colour: never by colour alone. */
export const Status = memo(function Status({ status, className }: Props) {
  const t = useT();
  const Icon = ICONS[status];
  return (
    <span
      className={clsx(
        "flex min-w-0 items-center gap-1.5 font-medium",
        STATUS_TEXT[status],
        className,
      )}
    >
      <Icon
        size={13}
        strokeWidth={2.25}
        aria-hidden
        className={clsx(
          "shrink-0",
          status === "error" && "fill-current [&>path]:stroke-surface",
          status === "running" && "animate-spin [animation-duration:1.6s]",
        )}
      />
      <span className="truncate">{t(`toolCalls.status.${status}`)}</span>
    </span>
  );
});
