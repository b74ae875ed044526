import { clsx } from "clsx";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Menu, MenuCheck } from "@/ui/menu";
import { LIVE_MODES, type LiveMode } from "./filter";
import type { LiveState } from "./live";

const QUIET = { badge: "border-border text-muted", dot: "bg-cancelled" };
const WAITING = {
  badge: "border-timeout/60 bg-timeout/10 text-timeout",
  dot: "bg-timeout animate-pulse",
};
const LOOKS: Record<LiveState, { badge: string; dot: string }> = {
  live: { badge: "border-success/60 bg-success/10 text-success", dot: "bg-success" },
  connecting: { ...QUIET, dot: "bg-cancelled animate-pulse" },
  reconnecting: WAITING,
  flooded: WAITING,
  "30s": QUIET,
  off: QUIET,
  paused: QUIET,
};

interface Props {
  state: LiveState;
  mode: LiveMode;
  onMode: (mode: LiveMode) => void;
}

/** Whether the list follows what happens now, and how it should. */
export function LiveBadge({ state, mode, onMode }: Props) {
  const { t } = useTranslation();
  const look = LOOKS[state];
  return (
    <Menu
      align="end"
      trigger={
        <button
          type="button"
          title={t(`toolCalls.live.hints.${state}`)}
          className={clsx(
            "flex h-7 items-center gap-2 rounded-md border px-2.5 font-medium text-xs hover:brightness-110",
            look.badge,
          )}
        >
          <span
            role="status"
            data-state={state}
            className="flex items-center gap-2 whitespace-nowrap"
          >
            <span aria-hidden className={clsx("size-2 rounded-full", look.dot)} />
            {t(`toolCalls.live.${state}`)}
          </span>
          <ChevronDown size={12} aria-hidden />
        </button>
      }
    >
      {LIVE_MODES.map((one) => (
        <MenuCheck key={one} isChecked={mode === one} onChange={() => onMode(one)}>
          {t(`toolCalls.live.${one}`)}
        </MenuCheck>
      ))}
    </Menu>
  );
}
