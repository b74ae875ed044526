import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { ClientSession } from "@/api/types";

/** Whether a session lasts, or how it ended: dot and word. */
export function SessionState({ session }: { session: ClientSession }) {
  const { t } = useTranslation();
  const { ended_at: endedAt, end_reason: reason } = session;
  return (
    <span
      className={clsx(
        "flex items-center gap-2 whitespace-nowrap text-xs",
        endedAt ? "text-muted" : "font-medium text-success",
      )}
    >
      <span
        aria-hidden
        className={clsx("size-2 shrink-0 rounded-full", endedAt ? "bg-cancelled" : "bg-success")}
      />
      {endedAt ? t(`sessions.ends.${reason ?? "unknown"}`) : t("sessions.live")}
    </span>
  );
}
