import { useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import { Button } from "@/ui/button";
import { Menu, MenuCheck, MenuLabel } from "@/ui/menu";
import { Popover } from "@/ui/popover";
import { Status } from "@/ui/status";
import { type CallsSearch, type Field, STATUSES, toggled } from "./filter";

interface Props {
  project: string;
  search: CallsSearch;
  tools: string[];
  onChange: (search: CallsSearch) => void;
}

export function FilterMenus({ project, search, tools, onChange }: Props) {
  const { t } = useTranslation();
  const servers = useQuery(serversQuery(project)).data ?? [];
  const toggle = (field: Field) => (value: string) => onChange(toggled(search, field, value));
  return (
    <div className="ml-auto flex items-center gap-1">
      <Menu align="end" trigger={<MenuButton label={t("toolCalls.filter.status")} />}>
        {STATUSES.map((status) => (
          <MenuCheck
            key={status}
            keepOpen
            isChecked={search.status?.includes(status) ?? false}
            onChange={() => toggle("status")(status)}
          >
            <Status status={status} />
          </MenuCheck>
        ))}
      </Menu>
      <ToolFilter tools={tools} chosen={search.tool ?? []} onToggle={toggle("tool")} />
      <Menu align="end" trigger={<MenuButton label={t("toolCalls.filter.server")} />}>
        {servers.length === 0 && <MenuLabel>{t("toolCalls.filter.noServers")}</MenuLabel>}
        {servers.map(({ id, name }) => (
          <MenuCheck
            key={id}
            keepOpen
            isChecked={search.server?.includes(name) ?? false}
            onChange={() => toggle("server")(name)}
          >
            <span className="truncate font-mono text-xs">{name}</span>
          </MenuCheck>
        ))}
      </Menu>
    </div>
  );
}

interface MenuButtonProps extends React.ComponentProps<typeof Button> {
  label: string;
}

function MenuButton({ label, ...rest }: MenuButtonProps) {
  return (
    <Button look="bare" className="h-6 px-1.5" {...rest}>
      {label}
      <ChevronDown size={12} aria-hidden className="text-faint" />
    </Button>
  );
}

interface ToolProps {
  tools: string[];
  chosen: string[];
  onToggle: (tool: string) => void;
}

/** A tool may be named before it was ever seen, so this takes any text. */
function ToolFilter({ tools, chosen, onToggle }: ToolProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const listId = useId();
  const offered = [...new Set([...chosen, ...tools])]
    .filter((tool) => tool.includes(typed))
    .slice(0, 12);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const tool = typed.trim();
    if (tool === "") return;
    if (!chosen.includes(tool)) onToggle(tool);
    setTyped("");
    setOpen(false);
  };
  return (
    <Popover
      label={t("toolCalls.filter.tool")}
      isOpen={isOpen}
      onOpenChange={setOpen}
      align="end"
      trigger={<MenuButton label={t("toolCalls.filter.tool")} />}
    >
      <form onSubmit={submit} className="p-1">
        <input
          aria-label={t("toolCalls.filter.toolPlaceholder")}
          aria-controls={listId}
          placeholder={t("toolCalls.filter.toolPlaceholder")}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          spellCheck={false}
          autoComplete="off"
          className="h-8 w-full rounded-md border border-border bg-canvas px-2 font-mono text-xs placeholder:font-sans placeholder:text-faint"
        />
      </form>
      <ul id={listId} className="max-h-72 overflow-y-auto">
        {offered.map((tool) => (
          <li key={tool}>
            <button
              type="button"
              aria-pressed={chosen.includes(tool)}
              onClick={() => onToggle(tool)}
              className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left font-mono text-xs hover:bg-hover aria-pressed:text-accent"
            >
              <span className="truncate">{tool}</span>
            </button>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
