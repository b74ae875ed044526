import { Filter, FilterX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "@/api/types";
import { clientTitle } from "@/lib/clients";
import { excluding, narrowed, withValues } from "@/lib/query/edit";
import type { Expression } from "@/lib/query/expression";
import type { FieldName } from "@/lib/query/fields";
import { CallActions } from "./call-actions";
import { useCaller } from "./caller";
import { ErrorBox } from "./error-box";
import { conditionAt } from "./payload-condition";
import { PayloadView } from "./payload-view";
import { Timing } from "./timing";

interface Props {
  project: string;
  call: ToolCall;
  /** With its payloads, not only what the list knows. */
  isWhole: boolean;
  /** The filter of the list. */
  query: Expression | null;
  onQuery: (query: Expression | null) => void;
}

export function CallOverview({ project, call, isWhole, query, onQuery }: Props) {
  const { t } = useTranslation();
  const onFilter = (path: string, text: string) => {
    const more = conditionAt("arguments", path, text);
    if (more) onQuery(narrowed(query, more));
  };
  return (
    <div className="flex flex-col gap-3.5">
      <Facts project={project} call={call} query={query} onQuery={onQuery} />
      <ErrorBox call={call} onNarrow={(more) => onQuery(narrowed(query, more))} />
      <Timing call={call} />
      <PayloadView call={call} part="arguments" isLoading={!isWhole} onFilter={onFilter} />
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

function Facts({ project, call, query, onQuery }: Omit<Props, "isWhole">) {
  const { t } = useTranslation();
  const filtering = (field: FieldName, value: string, text = value) => (
    <Filtering
      text={text}
      onTake={() => onQuery(withValues(query, field, [value]))}
      onExclude={() => onQuery(excluding(query, field, value))}
    />
  );
  const said = (of: "bridges" | "losses", words: string[]) =>
    words.map((word) => t(`toolCalls.drawer.${of}.${word}`, { defaultValue: word })).join(" · ");
  const caller = useCaller(project, call.principal);
  const { client, session_id: session } = call;
  const version = client.version ? ` ${client.version}` : "";
  const revisions = [call.client_revision, call.upstream_revision].filter(Boolean).join(" → ");
  return (
    <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      <Fact name={t("toolCalls.drawer.fields.session")}>
        {session ? (
          filtering("session", session)
        ) : (
          <span className="text-faint">{t("toolCalls.drawer.noSession")}</span>
        )}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.client")}>
        {client.type
          ? filtering("client", client.type, `${client.name ?? clientTitle(client)}${version}`)
          : `${clientTitle(call.client)}${version}`}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.caller")}>{caller}</Fact>
      <Fact name={t("toolCalls.drawer.fields.door")}>
        {t(`toolCalls.drawer.doors.${call.door}`)}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.revisions")}>{revisions}</Fact>
      <Fact name={t("toolCalls.columns.tool")}>{filtering("tool", call.tool_name)}</Fact>
      <Fact name={t("toolCalls.columns.server")}>
        {call.server_name !== null && filtering("server", call.server_name)}
      </Fact>
      <Fact name={t("toolCalls.drawer.fields.exposedName")}>{call.exposed_name}</Fact>
      <Fact name={t("toolCalls.drawer.fields.bridged")}>{said("bridges", call.bridged)}</Fact>
      <Fact name={t("toolCalls.drawer.fields.downgrades")}>{said("losses", call.downgrades)}</Fact>
      <Fact name={t("toolCalls.drawer.fields.rounds")}>{call.rounds > 1 ? call.rounds : ""}</Fact>
      <Fact name={t("toolCalls.drawer.fields.requestId")}>{call.request_id}</Fact>
      <Fact name={t("toolCalls.drawer.fields.trace")}>{call.trace_id}</Fact>
      <Fact name={t("toolCalls.drawer.fields.id")}>{call.id}</Fact>
      <Fact name={t("toolCalls.drawer.note")}>{call.storage_note}</Fact>
    </dl>
  );
}

/** One fact; nothing where there is nothing to say. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === "" || children === false)
    return null;
  return (
    <>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="min-w-0 break-words font-mono text-xs [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}

interface FilteringProps {
  text: string;
  onTake: () => void;
  onExclude: () => void;
}

/** A value, and the two ways in which it narrows the list. */
function Filtering({ text, onTake, onExclude }: FilteringProps) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <span className="min-w-0 break-words">{text}</span>
      <button
        type="button"
        title={t("words.filterFor")}
        aria-label={`${t("words.filterFor")}: ${text}`}
        onClick={onTake}
        className="grid size-4 shrink-0 place-items-center rounded-sm text-faint hover:bg-hover hover:text-accent"
      >
        <Filter size={11} aria-hidden />
      </button>
      <button
        type="button"
        title={t("toolCalls.drawer.leaveOut")}
        aria-label={`${t("toolCalls.drawer.leaveOut")}: ${text}`}
        onClick={onExclude}
        className="grid size-4 shrink-0 place-items-center rounded-sm text-faint hover:bg-hover hover:text-error"
      >
        <FilterX size={11} aria-hidden />
      </button>
    </span>
  );
}
