import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, ScrollText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "@/api/sessions";
import type { ClientSession } from "@/api/types";
import { clientTitle } from "@/lib/clients";
import type { Json } from "@/lib/json";
import { formatMoment } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { buttonClass } from "@/ui/button";
import { JsonTree } from "@/ui/json-tree";
import { Page } from "@/ui/page";
import { Fact, Facts, Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { SessionState } from "./session-state";
import { SessionTimeline } from "./session-timeline";

interface Props {
  project: string;
  id: string;
}

export function SessionPage({ project, id }: Props) {
  const { t } = useTranslation();
  const session = useQuery(sessionQuery(project, id));
  const title = session.data ? clientTitle(session.data.client) : t("sessions.one");
  return (
    <Page
      title={title}
      actions={
        session.data && (
          <Link
            to="/projects/$project/tool-calls"
            params={{ project }}
            search={{ q: `session:${id}`, from: session.data.started_at }}
            className={buttonClass()}
          >
            <ScrollText size={14} aria-hidden />
            {t("sessions.inLog")}
          </Link>
        )
      }
    >
      <Link
        to="/projects/$project/sessions"
        params={{ project }}
        className="inline-flex items-center gap-1.5 self-start text-muted hover:text-text"
      >
        <ArrowLeft size={14} aria-hidden />
        {t("sessions.back")}
      </Link>
      {session.isPending && <SkeletonRows count={5} height={44} />}
      {session.isError && !session.data && (
        <ProblemView error={session.error} onRetry={() => void session.refetch()} />
      )}
      {session.data && (
        <>
          <SessionFacts session={session.data} />
          <SessionTimeline project={project} session={session.data} />
        </>
      )}
    </Page>
  );
}

function SessionFacts({ session }: { session: ClientSession }) {
  const { t } = useTranslation();
  useZone();
  const { client } = session;
  return (
    <Section title={t("sessions.one")}>
      <Facts>
        <Fact name={t("sessions.fields.state")}>
          <SessionState session={session} />
        </Fact>
        <Fact name={t("toolCalls.drawer.fields.client")}>
          {[client.name, client.version].filter(Boolean).join(" ")}
        </Fact>
        <Fact name={t("sessions.fields.agent")}>{client.user_agent}</Fact>
        <Fact name={t("sessions.fields.address")}>{client.ip_address}</Fact>
        <Fact name={t("toolCalls.drawer.fields.door")}>
          {t(`toolCalls.drawer.doors.${session.door}`)}
        </Fact>
        <Fact name={t("toolCalls.drawer.fields.revisions")}>{session.revision}</Fact>
        <Fact name={t("sessions.fields.started")}>{formatMoment(session.started_at)}</Fact>
        <Fact name={t("sessions.fields.lastSeen")}>{formatMoment(session.last_seen_at)}</Fact>
        <Fact name={t("sessions.fields.ended")}>
          {session.ended_at && formatMoment(session.ended_at)}
        </Fact>
        <Fact name={t("sessions.fields.id")}>{session.id}</Fact>
        {session.capabilities && Object.keys(session.capabilities).length > 0 && (
          <Fact name={t("sessions.fields.capabilities")}>
            <JsonTree
              value={session.capabilities as Json}
              label={t("sessions.fields.capabilities")}
            />
          </Fact>
        )}
      </Facts>
    </Section>
  );
}
