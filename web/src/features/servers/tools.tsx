import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import type { Server, Tool } from "@/api/types";
import { RunDialog } from "@/features/run-tool/run-dialog";
import type { Json } from "@/lib/json";
import { Button } from "@/ui/button";
import { JsonTree } from "@/ui/json-tree";
import { Section } from "@/ui/section";
import { ProblemView } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { serverToolsQuery, useSwitchTool } from "./servers";

/** The tools of a server, each with the schema of its arguments. */
export function ServerTools({ project, server }: { project: string; server: Server }) {
  const { t } = useTranslation();
  const tools = useQuery({
    ...serverToolsQuery(project, server),
    enabled: server.is_enabled,
  });
  const listed = server.is_enabled ? tools.data?.data : undefined;
  const mayCall = useMay(project, "call_tools");
  const mayChange = useMay(project, "write_servers");
  const change = useSwitchTool(project, server);
  const isOn = ({ name }: Tool) =>
    change.isPending && change.variables.tool === name
      ? change.variables.isEnabled
      : !server.disabled_tools.includes(name);
  const [running, setRunning] = useState<Tool>();
  const count = listed ? ` · ${listed.length}` : "";
  return (
    <Section title={`${t("servers.detail.tools")}${count}`}>
      {!server.is_enabled && <p className="text-muted">{t("servers.detail.toolsOff")}</p>}
      {server.is_enabled && !listed && !tools.isError && (
        <p role="status" className="animate-pulse text-muted">
          {t("servers.detail.toolsLoading")}
        </p>
      )}
      {server.is_enabled && tools.isError && (
        <ProblemView error={tools.error} onRetry={() => void tools.refetch()} isInline />
      )}
      {listed?.length === 0 && <p className="text-muted">{t("servers.detail.toolsEmpty")}</p>}
      {change.isError && <ProblemView error={change.error} isInline />}
      <ul className="flex flex-col gap-3">
        {listed?.map((tool) => (
          <ToolItem
            key={tool.name}
            tool={tool}
            isOn={isOn(tool)}
            onSwitch={
              mayChange ? (isEnabled) => change.mutate({ tool: tool.name, isEnabled }) : undefined
            }
            onRun={mayCall && isOn(tool) ? () => setRunning(tool) : undefined}
          />
        ))}
      </ul>
      {running && (
        <RunDialog
          key={running.name}
          tool={{ project, server: server.name, name: running.name }}
          schema={inputSchema(running)}
          isOpen
          onClose={() => setRunning(undefined)}
        />
      )}
    </Section>
  );
}

interface ItemProps {
  tool: Tool;
  /** Absent for those who may not call tools. */
  onRun: (() => void) | undefined;
  isOn: boolean;
  /** Absent for those who may not change servers. */
  onSwitch: ((isOn: boolean) => void) | undefined;
}

function ToolItem({ tool, onRun, isOn, onSwitch }: ItemProps) {
  const { t } = useTranslation();
  const schema = inputSchema(tool);
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <div className="flex items-center justify-between gap-3">
        <h3 className="min-w-0 break-words font-mono font-semibold text-xs">{tool.name}</h3>
        <span className="ml-auto" />
        {onRun && (
          <Button onClick={onRun} aria-label={t("runTool.title", { tool: tool.name })}>
            <Play size={12} aria-hidden />
            {t("runTool.run")}
          </Button>
        )}
        {onSwitch && (
          <Switch
            label={t("servers.enabled", { name: tool.name })}
            isOn={isOn}
            onChange={onSwitch}
          />
        )}
      </div>
      <p className="whitespace-pre-line break-words text-muted">
        {tool.description ?? tool.title ?? t("servers.detail.noDescription")}
      </p>
      {schema !== undefined && (
        <details>
          <summary className="w-fit cursor-pointer rounded-sm text-accent text-xs">
            {t("servers.detail.schema")}
          </summary>
          <div className="mt-1.5 rounded-lg border border-border bg-canvas">
            <JsonTree value={schema} label={`${tool.name}: ${t("servers.detail.schema")}`} />
          </div>
        </details>
      )}
    </li>
  );
}

function inputSchema({ definition }: Tool): Json | undefined {
  return (definition as { inputSchema?: Json }).inputSchema;
}
