import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Server, Upstream } from "@/api/types";
import { formatDuration } from "@/lib/duration";
import { formatBytes } from "@/lib/numbers";
import { formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Fact, Facts, Section } from "@/ui/section";
import { ProblemView } from "@/ui/states";
import { serverStatusQuery } from "./servers";

/** What runs for a server at this moment. */
export function Connections({ project, server }: { project: string; server: Server }) {
  const { t } = useTranslation();
  const status = useQuery(serverStatusQuery(project, server));
  const upstreams = status.data?.upstreams ?? [];
  return (
    <Section title={t("servers.detail.connections")}>
      {status.isError && <ProblemView error={status.error} isInline />}
      {status.data && upstreams.length === 0 && (
        <p className="text-muted">{t("servers.detail.connectionsNone")}</p>
      )}
      <div className="flex flex-col gap-4">
        {upstreams.map((upstream) => (
          <Connection key={`${upstream.session_id}-${upstream.pid}`} upstream={upstream} />
        ))}
      </div>
    </Section>
  );
}

function Connection({ upstream }: { upstream: Upstream }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const named = [upstream.implementation_name, upstream.implementation_version];
  return (
    <Facts>
      <Fact name={t("servers.columns.state")}>{t(`servers.states.${upstream.state}`)}</Fact>
      <Fact name={t("servers.detail.lastError")}>
        {upstream.last_error && <span className="text-error">{upstream.last_error}</span>}
      </Fact>
      <Fact name={t("servers.detail.implementation")}>{named.filter(Boolean).join(" ")}</Fact>
      <Fact name={t("servers.detail.revision")}>{upstream.revision}</Fact>
      <Fact name={t("servers.detail.pid")}>{upstream.pid}</Fact>
      <Fact name={t("servers.detail.started")}>
        {upstream.started_at && formatRelative(upstream.started_at, now, i18n.language)}
      </Fact>
      <Fact name={t("servers.detail.inFlight")}>{upstream.in_flight}</Fact>
      <Fact name={t("servers.detail.restarts")}>{upstream.restarts}</Fact>
      <Fact name={t("servers.detail.lastExit")}>{upstream.last_exit}</Fact>
      <Fact name={t("servers.detail.memory")}>
        {upstream.rss_bytes && formatBytes(upstream.rss_bytes)}
      </Fact>
      <Fact name={t("servers.detail.cpu")}>
        {upstream.cpu_us && formatDuration(upstream.cpu_us)}
      </Fact>
      <Fact name={t("servers.detail.processes")}>{upstream.processes}</Fact>
    </Facts>
  );
}
