import { ArrowRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FieldChange } from "@/api/types";
import { formatMoment } from "@/lib/time";

/** So many are shown at once, more behind a button. */
const MOST_OPEN = 2;

/** Each field that changed, before and after. */
export function Changes({ changes }: { changes: FieldChange[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) return null;
  const list = (
    <ul className="flex flex-col gap-0.5 text-xs">
      {changes.map((change) => (
        <Change key={change.field} change={change} />
      ))}
    </ul>
  );
  if (changes.length <= MOST_OPEN) return list;
  return (
    <details>
      <summary className="w-fit cursor-pointer rounded-sm text-muted text-xs hover:text-text">
        {t("activity.details", { count: changes.length })}
      </summary>
      <div className="mt-1">{list}</div>
    </details>
  );
}

const KNOWN = "activity.fields.";

function Change({ change }: { change: FieldChange }) {
  const { t, i18n } = useTranslation();
  const { field } = change;
  const before = useText(field, change.before);
  const after = useText(field, change.after);
  const isNamed = i18n.exists(KNOWN + field);
  return (
    <li className="flex flex-wrap items-center gap-x-1.5 text-muted [overflow-wrap:anywhere]">
      {isNamed ? (
        <span className="text-faint">{t(KNOWN + field)}</span>
      ) : (
        <code className="font-mono text-faint">{field.replace(/^tools\./, "")}</code>
      )}
      {change.before !== null && (
        <>
          <span className="line-through decoration-faint">{before}</span>
          <ArrowRight size={11} aria-label="→" className="shrink-0 text-faint" />
        </>
      )}
      <span className="text-text">{after}</span>
    </li>
  );
}

/** What stands for a value that may be a secret. */
const MASKED = "***";

function useText(field: string, value: unknown): string {
  const { t } = useTranslation();
  if (value === null || value === undefined || value === "") return t("activity.nothing");
  if (value === MASKED) return t("activity.hidden");
  if (typeof value === "boolean") {
    const isTool = field.startsWith("tools.");
    if (value) return t(isTool ? "activity.on" : "activity.yes");
    return t(isTool ? "activity.off" : "activity.no");
  }
  if (Array.isArray(value)) return value.length ? value.join(", ") : t("activity.nothing");
  if (typeof value !== "string") return JSON.stringify(value);
  if (field === "role") return t(`projects.roles.${value}`, { defaultValue: value });
  if (field === "payloads.mode") return t(`settings.payloads.modes.${value}`);
  if (field === "transport") return t(`servers.transports.${value}`, { defaultValue: value });
  if (field === "isolation") return t(`servers.isolations.${value}`, { defaultValue: value });
  return field.endsWith("_at") ? formatMoment(value) : value;
}
