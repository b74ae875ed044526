import { useTranslation } from "react-i18next";
import type { Json } from "@/lib/json";
import { Dialog } from "@/ui/dialog";
import { ProblemView } from "@/ui/states";
import { type Tool, useRunTool } from "./run";
import { RunForm } from "./run-form";
import { RunResult } from "./run-result";

interface Props {
  tool: Tool;
  /** Of its arguments. */
  schema: Json | undefined;
  given?: Record<string, Json> | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks what to run a tool with, runs it, and shows what came of it. */
export function RunDialog({ tool, schema, given, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const run = useRunTool(tool);
  const close = () => {
    run.reset();
    onClose();
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("runTool.title", { tool: tool.name })}
      text={t("runTool.text", { server: tool.server })}
    >
      <RunForm
        schema={schema}
        given={given}
        isBusy={run.isPending}
        onRun={(values) => run.mutate(values)}
      />
      {run.error && <ProblemView error={run.error} isInline />}
      {run.data && !run.isPending && <RunResult project={tool.project} result={run.data} />}
    </Dialog>
  );
}
