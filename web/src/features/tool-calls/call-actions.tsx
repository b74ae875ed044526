import { Link2, Play, Terminal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import type { ToolCall } from "@/api/types";
import { RunDialog } from "@/features/run-tool/run-dialog";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { argumentsOf, asCurl, asJsonRpc } from "./copy";

interface Props {
  project: string;
  call: ToolCall;
}

/** What one does with a call: run it again, or take it elsewhere. */
export function CallActions({ project, call }: Props) {
  const { t } = useTranslation();
  const [isRunning, setRunning] = useState(false);
  const mayCall = useMay(project, "call_tools");
  const given = argumentsOf(call);
  const server = call.server_name;
  return (
    <div className="flex flex-wrap gap-2">
      {server !== null && mayCall && (
        <Button onClick={() => setRunning(true)}>
          <Play size={13} aria-hidden />
          {t("toolCalls.drawer.runAgain")}
        </Button>
      )}
      {server !== null && (
        <CopyButton
          look="quiet"
          icon={<Terminal size={13} aria-hidden />}
          text={() => asCurl(call, window.location.origin, project)}
        >
          {t("toolCalls.drawer.copyCurl")}
        </CopyButton>
      )}
      <CopyButton look="quiet" text={() => asJsonRpc(call)}>
        {t("toolCalls.drawer.copyJsonRpc")}
      </CopyButton>
      <CopyButton look="quiet" icon={<Link2 size={13} aria-hidden />} text={window.location.href}>
        {t("toolCalls.drawer.copyLink")}
      </CopyButton>
      <CopyButton look="quiet" text={call.id}>
        {t("toolCalls.drawer.copyId")}
      </CopyButton>
      {server !== null && isRunning && (
        <RunDialog
          tool={{ project, server, name: call.tool_name }}
          schema={undefined}
          given={given}
          isOpen
          onClose={() => setRunning(false)}
        />
      )}
    </div>
  );
}
