import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import { formatCount } from "@/lib/numbers";
import { type FieldName, fieldNamed, wordsOf } from "@/lib/query/fields";
import type { Suggestion } from "./completion";

interface Props {
  id: string;
  suggestions: Suggestion[];
  chosen: number;
  field: FieldName | undefined;
  onTake: (suggestion: Suggestion) => void;
}

/** What could stand where one types. */
export function Suggestions({ id, suggestions, chosen, field, onTake }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t("filter.suggestions")}
      className={clsx(
        "absolute inset-x-0 top-full z-30 mt-1 max-h-80 max-w-xl overflow-y-auto rounded-lg border border-border bg-raised p-1 shadow-pop",
        suggestions.length === 0 && "hidden",
      )}
    >
      {suggestions.map((one, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard
        <div
          key={one.label}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          // The field must not lose the focus, or what is typed would be sent.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(one)}
          className={clsx(
            "flex h-7 cursor-pointer items-center gap-3 rounded-md px-2 text-xs hover:bg-hover",
            index === chosen && "bg-selected",
          )}
        >
          <span className={clsx("truncate font-mono", !field && "text-json-key")}>{one.label}</span>
          <span className="tabular ml-auto shrink-0 truncate text-muted">
            {field ? <Meaning field={field} label={one.label} /> : hint(one.label)}
            {one.calls !== undefined && (
              <span className="ml-3">{formatCount(one.calls, i18n.language)}</span>
            )}
          </span>
        </div>
      ))}
    </div>
  );

  function hint(label: string): string {
    const named = fieldNamed(label.slice(0, -1));
    return named ? t(`filter.fields.${named}`) : "";
  }
}

/** What a word of a closed set means, in the reader's language. */
function Meaning({ field, label }: { field: FieldName; label: string }) {
  const { t } = useTranslation();
  if (!wordsOf(field).includes(label)) return null;
  if (field === "status") return t(`toolCalls.status.${label}`);
  if (field === "kind") return t(`toolCalls.errorKinds.${label}`);
  return t(`toolCalls.drawer.doors.${label}`);
}
