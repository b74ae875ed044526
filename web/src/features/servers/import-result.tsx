import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import type { Import, Server } from "@/api/types";
import { Button, buttonClass } from "@/ui/button";
import { useProblemText } from "@/ui/states";
import { serverToolsQuery } from "./servers";

interface Props {
  project: string;
  result: Import;
  onClose: () => void;
}

/** What became of each, whether it answers, and where to go on. */
export function ImportResult({ project, result, onClose }: Props) {
  const { t } = useTranslation();
  const servers = useQuery(serversQuery(project)).data ?? [];
  return (
    <>
      <ul role="status" className="flex max-h-[50dvh] flex-col gap-2 overflow-y-auto">
        {result.servers.map(({ name, refusal, notes }) => {
          const added = refusal ? undefined : servers.find((server) => server.name === name);
          return (
            <li key={name} className="flex items-start gap-2">
              {refusal ? (
                <CircleX size={15} aria-hidden className="mt-0.5 shrink-0 text-error" />
              ) : (
                <CircleCheck size={15} aria-hidden className="mt-0.5 shrink-0 text-success" />
              )}
              <div className="min-w-0 break-words">
                <b className="font-semibold">{name}</b>{" "}
                <span className="text-muted">{refusal?.detail ?? t("servers.import.added")}</span>
                {notes.map((note) => (
                  <p key={note} className="text-muted text-xs">
                    {note}
                  </p>
                ))}
                {added?.is_enabled && <FirstStart project={project} server={added} />}
              </div>
            </li>
          );
        })}
      </ul>
      <div className="flex justify-end gap-2">
        <Link to="/projects/$project/connect" params={{ project }} className={buttonClass("quiet")}>
          {t("shell.pages.connect")}
        </Link>
        <Button look="solid" onClick={onClose}>
          {t("servers.import.done")}
        </Button>
      </div>
    </>
  );
}

/** A definition that was just added shows at once whether it works, and not when a client comes. */
function FirstStart({ project, server }: { project: string; server: Server }) {
  const { t } = useTranslation();
  const tools = useQuery(serverToolsQuery(project, server));
  const { text } = useProblemText(tools.error);
  if (tools.data) {
    return (
      <p className="text-success text-xs">
        {t("servers.trial.ok", { count: tools.data.data.length })}
      </p>
    );
  }
  if (!tools.isError) {
    return <p className="animate-pulse text-muted text-xs">{t("servers.detail.toolsLoading")}</p>;
  }
  return (
    <p className="text-timeout text-xs [overflow-wrap:anywhere]">
      {t("servers.trial.failed")}: {text}
    </p>
  );
}
