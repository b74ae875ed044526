import { Filter } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "@/api/types";
import { clientTitle } from "@/lib/clients";
import { CallActions } from "./call-actions";
import { useCaller } from "./caller";
import { ErrorBox } from "./error-box";
import type { Field } from "./filter";
import { PayloadView } from "./payload-view";
import { Timing } from "./timing";

interface Props {
  project: string;
  call: ToolCall;
  /** With its payloads, not only what the list knows. */
  isWhole: boolean;
  onFilter: (field: Field, value: string) => void;
}

export function CallOverview({ project, call, isWhole, onFilter }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3.5">
      <Facts project={project} call={call} onFilter={onFilter} />
      <ErrorBox call={call} />
      <Timing call={call} />
      <PayloadView call={call} part="arguments" isLoading={!isWhole} />
      {call.stderr_excerpt && (
        <section className="rounded-lg border border-border bg-canvas">
          <h3 className="border-border-subtle border-b px-3 py-2 font-medium text-muted text-xs">
            {t("toolCalls.drawer.stderr")}
          </h3>
          <pre className="whitespace-pre-wrap break-words p-3 font-mono text-xs leading-5">
            {call.stderr_excerpt}
          </pre>
        </section>
      )}
      <CallActions project={project} call={call} />
    </div>
  );
}

function Facts({ project, call, onFilter }: Omit<Props, "isWhole">) {
  const { t } = useTranslation();
  const caller = useCaller(project, call.principal);
  const { client, session_id: session } = call;
  const version = client.version ? ` ${client.version}` : "";
  const revisions = [call.client_revision, call.upstream_revision].filter(Boolean).join(" → ");
  return (
    <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      <Fact name={t("toolCalls.drawer.fields.session")}>
        {session ? (
          <Filtering value={session} onFilter={() => onFilter("session", session)} />
        ) : (
          <span className="text-faint">{t("toolCalls.drawer.noSession")}</span>
        )}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.client")}>
        {client.type ? (
          <Filtering
            value={`${client.name ?? clientTitle(call.client)}${version}`}
            onFilter={() => onFilter("client", client.type ?? "")}
          />
        ) : (
          `${clientTitle(call.client)}${version}`
        )}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.caller")}>{caller}</Fact>
      <Fact name={t("toolCalls.drawer.fields.door")}>
        {t(`toolCalls.drawer.doors.${call.door}`)}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.revisions")}>{revisions}</Fact>
      <Fact name={t("toolCalls.drawer.fields.exposedName")}>{call.exposed_name}</Fact>
      <Fact name={t("toolCalls.drawer.fields.bridged")}>{call.bridged.join(", ")}</Fact>
      <Fact name={t("toolCalls.drawer.fields.downgrades")}>{call.downgrades.join(", ")}</Fact>
      <Fact name={t("toolCalls.drawer.fields.rounds")}>{call.rounds > 1 ? call.rounds : ""}</Fact>
      <Fact name={t("toolCalls.drawer.fields.requestId")}>{call.request_id}</Fact>
      <Fact name={t("toolCalls.drawer.fields.trace")}>{call.trace_id}</Fact>
      <Fact name={t("toolCalls.drawer.fields.id")}>{call.id}</Fact>
    </dl>
  );
}

/** One fact; nothing where there is nothing to say. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === "") return null;
  return (
    <>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="min-w-0 break-words font-mono text-xs [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}

function Filtering({ value, onFilter }: { value: string; onFilter: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      title={t("toolCalls.filter.only")}
      onClick={onFilter}
      className="group inline-flex max-w-full items-baseline gap-1.5 rounded-sm text-left hover:text-accent"
    >
      <span className="min-w-0 break-words">{value}</span>
      <Filter
        size={11}
        aria-hidden
        className="shrink-0 self-center text-faint group-hover:text-accent"
      />
    </button>
  );
}
