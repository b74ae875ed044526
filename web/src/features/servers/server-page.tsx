import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Pencil, RotateCw, ScrollText, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import type { Server } from "@/api/types";
import { formatDuration } from "@/lib/duration";
import { printText } from "@/lib/query/print";
import { Button, buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Page } from "@/ui/page";
import { Fact, Facts, Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { Connections } from "./connections";
import { EditServerDialog } from "./edit-dialog";
import { reachedBy } from "./reached";
import { ServerStateBadge } from "./server-state";
import { serverQuery, useDeleteServer, useRestartServer, useSwitchServer } from "./servers";
import { ServerTools } from "./tools";

interface Props {
  project: string;
  name: string;
  onDeleted: () => void;
  onRenamed: (name: string) => void;
}

export function ServerPage({ project, name, onDeleted, onRenamed }: Props) {
  const { t } = useTranslation();
  const server = useQuery(serverQuery(project, name));
  return (
    <Page
      title={name}
      actions={
        <Link
          to="/projects/$project/tool-calls"
          params={{ project }}
          search={{ q: `server:${printText(name)}` }}
          className={buttonClass()}
        >
          <ScrollText size={14} aria-hidden />
          {t("servers.detail.calls")}
        </Link>
      }
    >
      <Link
        to="/projects/$project/servers"
        params={{ project }}
        className="inline-flex items-center gap-1.5 self-start text-muted hover:text-text"
      >
        <ArrowLeft size={14} aria-hidden />
        {t("servers.detail.back")}
      </Link>
      {server.isPending && <SkeletonRows count={5} height={44} />}
      {server.isError && !server.data && (
        <ProblemView error={server.error} onRetry={() => void server.refetch()} />
      )}
      {server.data && (
        <Detail
          project={project}
          server={server.data}
          onDeleted={onDeleted}
          onRenamed={onRenamed}
        />
      )}
    </Page>
  );
}

interface DetailProps {
  project: string;
  server: Server;
  onDeleted: () => void;
  onRenamed: (name: string) => void;
}

function Detail({ project, server, onDeleted, onRenamed }: DetailProps) {
  const { t } = useTranslation();
  const change = useSwitchServer(project);
  const mayChange = useMay(
    project,
    server.transport === "stdio" ? "write_stdio_servers" : "write_servers",
  );
  return (
    <>
      <div className="flex flex-wrap items-center gap-4">
        <Switch
          label={t("servers.enabled", { name: server.name })}
          isOn={server.is_enabled}
          disabled={change.isPending || !mayChange}
          onChange={(isEnabled) => change.mutate({ server, isEnabled })}
        />
        <ServerStateBadge project={project} server={server} />
        {mayChange && <Actions project={project} server={server} onRenamed={onRenamed} />}
      </div>
      {change.isError && <ProblemView error={change.error} isInline />}
      {server.is_enabled && <Connections project={project} server={server} />}
      <ServerTools project={project} server={server} />
      <Section title={t("servers.detail.settings")}>
        <Facts>
          <Fact name={t(server.url === null ? "servers.form.command" : "servers.detail.url")}>
            {reachedBy(server)}
          </Fact>
          <Fact name={t(server.url === null ? "servers.form.env" : "servers.detail.headers")}>
            {[
              ...Object.keys(server.url === null ? server.env : server.headers),
              ...server.secrets.map((secret) => secret.name),
            ]
              .map((variable) => `${variable} (${t("servers.detail.envHidden")})`)
              .join(", ")}
          </Fact>
          <Fact name={t("servers.form.cwd")}>{server.cwd}</Fact>
          <Fact name={t("servers.detail.timeout")}>
            {formatDuration(server.timeout_ms * 1_000)}
          </Fact>
          <Fact name={t("servers.detail.maxInFlight")}>{server.max_in_flight}</Fact>
        </Facts>
      </Section>
      {mayChange && <DeleteServer project={project} server={server} onDeleted={onDeleted} />}
    </>
  );
}

type ActionsProps = Pick<DetailProps, "project" | "server" | "onRenamed">;

/** Changes the definition, or starts the server anew. */
function Actions({ project, server, onRenamed }: ActionsProps) {
  const { t } = useTranslation();
  const [isEditing, setEditing] = useState(false);
  const restart = useRestartServer(project);
  return (
    <>
      <div className="ml-auto flex gap-2">
        <Button onClick={() => setEditing(true)}>
          <Pencil size={13} aria-hidden />
          {t("servers.edit.button")}
        </Button>
        {server.is_enabled && (
          <Button disabled={restart.isPending} onClick={() => restart.mutate(server)}>
            <RotateCw
              size={13}
              aria-hidden
              className={restart.isPending ? "animate-spin" : undefined}
            />
            {t(restart.isPending ? "servers.restart.running" : "servers.restart.button")}
          </Button>
        )}
      </div>
      {restart.isError && <ProblemView error={restart.error} isInline />}
      {restart.isSuccess && (
        <p role="status" className="w-full text-muted text-xs">
          {t("servers.restart.done", { state: t(`servers.states.${restart.data.state}`) })}
        </p>
      )}
      <EditServerDialog
        project={project}
        server={server}
        isOpen={isEditing}
        onClose={() => setEditing(false)}
        onSaved={(saved) => saved.name !== server.name && onRenamed(saved.name)}
      />
    </>
  );
}

type DeleteProps = Pick<DetailProps, "project" | "server" | "onDeleted">;

function DeleteServer({ project, server, onDeleted }: DeleteProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const remove = useDeleteServer(project);
  return (
    <div>
      <Button look="danger" onClick={() => setAsking(true)}>
        <Trash2 size={14} aria-hidden />
        {t("servers.delete.button")}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t("servers.delete.title", { name: server.name })}
        text={t("servers.delete.text")}
        confirm={t("servers.delete.confirm")}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(server, { onSuccess: onDeleted })}
      />
    </div>
  );
}
