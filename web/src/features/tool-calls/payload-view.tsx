import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Payload, ToolCall } from "@/api/types";
import { type Json, printJson } from "@/lib/json";
import type { JsonMatch } from "@/lib/json-search";
import { formatBytes } from "@/lib/numbers";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { JsonTree } from "@/ui/json-tree";
import { Skeleton } from "@/ui/states";
import { JsonSearch } from "./json-search";

interface Props {
  call: ToolCall;
  part: "arguments" | "result";
  isLoading: boolean;
  /** Narrows the list to calls with the value at a path of the payload. */
  onFilter: (path: string, text: string) => void;
}

/** Arguments or result of a call: as a tree, or as text. */
export function PayloadView({ call, part, isLoading, onFilter }: Props) {
  const { t } = useTranslation();
  const payload = call[part];
  if (isLoading && payload?.size_bytes) return <Skeleton className="h-28" />;
  if (!payload) {
    const isComing = part === "result" && call.status === "running";
    return (
      <Note
        text={t(isComing ? "toolCalls.drawer.payloadRunning" : "toolCalls.drawer.payloadNone")}
      />
    );
  }
  if (call.payloads === "not_permitted") return <Note text={t("toolCalls.drawer.payloadHidden")} />;
  return (
    <PayloadBox title={t(`toolCalls.drawer.tabs.${part}`)} payload={payload} onFilter={onFilter} />
  );
}

interface BoxProps {
  title: string;
  payload: Payload;
  onFilter: Props["onFilter"];
}

function PayloadBox({ title, payload, onFilter }: BoxProps) {
  const { t } = useTranslation();
  const [isRaw, setRaw] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const [match, setMatch] = useState<JsonMatch>();
  const value = payload.value as Json | null;
  const isText = payload.text !== null && payload.text !== undefined;
  const raw = useMemo(
    () => (isRaw || isText ? textOf(payload) : undefined),
    [isRaw, isText, payload],
  );
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border border-border bg-canvas">
      <div className="flex h-9 items-center justify-between gap-2 border-border-subtle border-b pr-1 pl-3">
        <h3 className="font-medium text-muted text-xs">
          {title} · <span className="tabular">{formatBytes(payload.size_bytes)}</span>
        </h3>
        <div className="flex items-center">
          <CopyButton text={() => textOf(payload)} label={title} />
          {!isText && !isRaw && (
            <IconButton
              label={t("toolCalls.drawer.search")}
              aria-pressed={isSearching}
              onClick={() => {
                setSearching(!isSearching);
                setMatch(undefined);
              }}
            >
              <Search size={13} aria-hidden />
            </IconButton>
          )}
          {!isText && (
            <Button look="bare" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
              {t(isRaw ? "toolCalls.drawer.tree" : "toolCalls.drawer.raw")}
            </Button>
          )}
        </div>
      </div>
      {payload.is_truncated && (
        <p className="border-border-subtle border-b px-3 py-2 text-timeout text-xs">
          {t("toolCalls.drawer.payloadCut", { size: formatBytes(payload.size_bytes) })}
        </p>
      )}
      {raw !== undefined ? (
        <pre
          tabIndex={0}
          className="max-h-[60dvh] overflow-auto whitespace-pre-wrap break-words p-3 font-mono text-xs leading-5 [overflow-wrap:anywhere]"
        >
          {raw}
        </pre>
      ) : (
        <>
          {isSearching && <JsonSearch value={value} onMatch={setMatch} />}
          <JsonTree value={value} label={title} onValue={onFilter} match={match} />
        </>
      )}
    </section>
  );
}

function textOf({ text, value }: Payload): string {
  return text ?? printJson(value as Json) ?? "";
}

function Note({ text }: { text: string }) {
  return (
    <p className="rounded-lg border border-border border-dashed px-3 py-2.5 text-muted text-xs">
      {text}
    </p>
  );
}
