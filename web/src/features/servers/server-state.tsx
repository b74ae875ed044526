import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { Server, ServerState } from "@/api/types";
import { serverStatusQuery } from "./servers";

const DOTS: Record<ServerState, string> = {
  ready: "bg-success",
  starting: "bg-running animate-pulse",
  backing_off: "bg-timeout",
  failed: "bg-error",
  idle: "bg-cancelled",
  disabled: "border border-border-strong",
};

/** How a server's connections stand: dot and word. */
export function ServerStateBadge({ project, server }: { project: string; server: Server }) {
  const { t } = useTranslation();
  const status = useQuery({
    ...serverStatusQuery(project, server),
    enabled: server.is_enabled,
  }).data;
  const state = server.is_enabled ? status?.state : "disabled";
  if (!state) return <span className="text-faint">…</span>;
  return (
    <span className="flex items-center gap-2 whitespace-nowrap text-xs">
      <span aria-hidden className={clsx("size-2 shrink-0 rounded-full", DOTS[state])} />
      {t(`servers.states.${state}`)}
    </span>
  );
}
