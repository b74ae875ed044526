import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ClipboardPaste, Plus, Server as ServerIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import { serversQuery } from "@/api/servers";
import type { Server } from "@/api/types";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { AddServerDialog } from "./add-dialog";
import { ImportDialog } from "./import-dialog";
import { reachedBy } from "./reached";
import { ServerStateBadge } from "./server-state";
import { useSwitchServer } from "./servers";

export function ServersPage({ project }: { project: string }) {
  const { t } = useTranslation();
  const servers = useQuery(serversQuery(project));
  const [asked, setAsked] = useState<"add" | "import">();
  const mayAdd = useMay(project, "write_servers");
  const close = () => setAsked(undefined);
  const isEmpty = servers.data?.length === 0;
  const add = mayAdd && (
    <>
      <Button look={isEmpty ? "solid" : "quiet"} onClick={() => setAsked("import")}>
        <ClipboardPaste size={14} aria-hidden />
        {t("servers.import.button")}
      </Button>
      <Button look={isEmpty ? "quiet" : "solid"} onClick={() => setAsked("add")}>
        <Plus size={14} aria-hidden />
        {t("servers.add")}
      </Button>
    </>
  );
  return (
    <Page title={t("servers.title")} actions={add}>
      {servers.isPending && <SkeletonRows count={4} height={52} />}
      {servers.isError && (
        <ProblemView error={servers.error} onRetry={() => void servers.refetch()} />
      )}
      {isEmpty && (
        <EmptyState
          icon={<ServerIcon size={28} aria-hidden />}
          title={t("servers.emptyTitle")}
          text={t(mayAdd ? "servers.empty" : "servers.emptyReader")}
        >
          <div className="flex flex-wrap justify-center gap-2">{add}</div>
        </EmptyState>
      )}
      {servers.data && servers.data.length > 0 && (
        <ServerList project={project} servers={servers.data} />
      )}
      <AddServerDialog project={project} isOpen={asked === "add"} onClose={close} />
      <ImportDialog project={project} isOpen={asked === "import"} onClose={close} />
    </Page>
  );
}

function ServerList({ project, servers }: { project: string; servers: Server[] }) {
  const { t } = useTranslation();
  const change = useSwitchServer(project);
  return (
    <>
      {change.isError && <ProblemView error={change.error} isInline />}
      <ul className="divide-y divide-border-subtle rounded-lg border border-border">
        {servers.map((server) => (
          <li
            key={server.id}
            className="relative flex items-center gap-4 px-4 py-3 first:rounded-t-lg last:rounded-b-lg hover:bg-hover"
          >
            <div className="flex min-w-0 flex-1 flex-col gap-0.5">
              <Link
                to="/projects/$project/servers/$server"
                params={{ project, server: server.name }}
                className="truncate font-semibold after:absolute after:inset-0"
              >
                {server.name}
              </Link>
              <span className="truncate font-mono text-muted text-xs">{reachedBy(server)}</span>
            </div>
            <ServerStateBadge project={project} server={server} />
            <div className="relative">
              <Switch
                label={t("servers.enabled", { name: server.name })}
                isOn={server.is_enabled}
                onChange={(isEnabled) => change.mutate({ server, isEnabled })}
              />
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
