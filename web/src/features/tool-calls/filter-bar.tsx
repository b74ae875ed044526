import { clsx } from "clsx";
import { ListFilter, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ToolCallStatus } from "@/api/types";
import { IconButton } from "@/ui/button";
import { STATUS_TEXT } from "@/ui/status";
import { type CallsSearch, cleared, FIELDS, type Field, toggled } from "./filter";
import { FilterMenus } from "./filter-menus";

interface Props {
  project: string;
  search: CallsSearch;
  /** Names of tools that have been seen, to choose from. */
  tools: string[];
  onChange: (search: CallsSearch) => void;
}

/** The filters as chips, and the menus that add to them. All of it is in the address. */
export function FilterBar({ project, search, tools, onChange }: Props) {
  const { t } = useTranslation();
  const chips = FIELDS.flatMap((field) => (search[field] ?? []).map((value) => ({ field, value })));
  return (
    <section
      aria-label={t("toolCalls.filter.label")}
      className="flex min-h-9 flex-wrap items-center gap-1.5 rounded-md border border-border bg-canvas py-1 pr-1 pl-2.5"
    >
      <ListFilter size={14} aria-hidden className="mr-1 text-faint" />
      {chips.length === 0 && <span className="text-faint">{t("toolCalls.filter.none")}</span>}
      {chips.map(({ field, value }) => (
        <Chip
          key={`${field}:${value}`}
          field={field}
          value={value}
          onRemove={() => onChange(toggled(search, field, value))}
        />
      ))}
      {chips.length > 0 && (
        <IconButton
          label={t("toolCalls.filter.clear")}
          className="h-6!"
          onClick={() => onChange(cleared(search))}
        >
          <X size={14} aria-hidden />
        </IconButton>
      )}
      <FilterMenus project={project} search={search} tools={tools} onChange={onChange} />
    </section>
  );
}

interface ChipProps {
  field: Field;
  value: string;
  onRemove: () => void;
}

function Chip({ field, value, onRemove }: ChipProps) {
  const { t } = useTranslation();
  const shown = field === "session" ? `${value.slice(0, 8)}…` : value;
  return (
    <span className="flex h-6 min-w-0 max-w-full items-center rounded-sm border border-border bg-raised pl-1.5 font-mono text-xs">
      <span className="text-json-key">{field}</span>
      <span className="text-json-punct">:</span>
      <span
        title={value}
        className={clsx("truncate", field === "status" && STATUS_TEXT[value as ToolCallStatus])}
      >
        {shown}
      </span>
      <button
        type="button"
        aria-label={t("toolCalls.filter.remove", { filter: `${field}:${value}` })}
        onClick={onRemove}
        className="ml-0.5 grid size-5 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
      >
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}
