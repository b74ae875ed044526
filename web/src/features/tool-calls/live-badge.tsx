import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { LiveState } from "./live";

const LOOKS: Record<LiveState, { badge: string; dot: string }> = {
  live: { badge: "border-success/60 bg-success/10 text-success", dot: "bg-success" },
  connecting: { badge: "border-border text-muted", dot: "bg-cancelled animate-pulse" },
  reconnecting: {
    badge: "border-timeout/60 bg-timeout/10 text-timeout",
    dot: "bg-timeout animate-pulse",
  },
  paused: { badge: "border-border text-muted", dot: "bg-cancelled" },
};

/** Whether the list follows what happens now. */
export function LiveBadge({ state }: { state: LiveState }) {
  const { t } = useTranslation();
  const look = LOOKS[state];
  const hints = {
    live: t("toolCalls.live.hint"),
    connecting: "",
    reconnecting: t("toolCalls.live.reconnectingHint"),
    paused: t("toolCalls.live.pausedHint"),
  };
  return (
    <span
      role="status"
      title={hints[state]}
      data-state={state}
      className={clsx(
        "flex h-7 items-center gap-2 rounded-md border px-2.5 font-medium text-xs",
        look.badge,
      )}
    >
      <span aria-hidden className={clsx("size-2 rounded-full", look.dot)} />
      {t(`toolCalls.live.${state}`)}
    </span>
  );
}
