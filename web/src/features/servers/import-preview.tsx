import { Lock, TriangleAlert } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import, ImportedServer } from "@/api/types";
import { Button } from "@/ui/button";
import { reachedBy } from "./reached";

interface Props {
  preview: Import;
  isBusy: boolean;
  onBack: () => void;
  onAdd: (names: ReadonlySet<string>) => void;
}

/** What would become of each server, before anything is added. */
export function ImportPreview({ preview, isBusy, onBack, onAdd }: Props) {
  const { t } = useTranslation();
  const able = preview.servers.filter(({ refusal }) => refusal === null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(able.map(({ name }) => name)),
  );
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  };
  return (
    <>
      <ul className="max-h-[50dvh] divide-y divide-border-subtle overflow-y-auto rounded-lg border border-border">
        {preview.servers.map((server) => (
          <Item
            key={server.name}
            server={server}
            isChosen={chosen.has(server.name)}
            onToggle={() => toggle(server.name)}
          />
        ))}
      </ul>
      <div className="flex justify-end gap-2">
        <Button onClick={onBack}>{t("servers.import.back")}</Button>
        <Button look="solid" disabled={isBusy || chosen.size === 0} onClick={() => onAdd(chosen)}>
          {t(isBusy ? "servers.import.adding" : "servers.import.add", { count: chosen.size })}
        </Button>
      </div>
    </>
  );
}

interface ItemProps {
  server: ImportedServer;
  isChosen: boolean;
  onToggle: () => void;
}

function Item({ server, isChosen, onToggle }: ItemProps) {
  const { t } = useTranslation();
  const id = useId();
  const { name, definition, refusal, notes } = server;
  const sealed = definition?.secrets.join(", ");
  return (
    <li className="flex items-start gap-3 px-3 py-2.5">
      <input
        id={id}
        type="checkbox"
        checked={isChosen}
        disabled={refusal !== null}
        onChange={onToggle}
        className="mt-0.5 size-4 shrink-0 accent-accent-solid"
      />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <label htmlFor={id} className="truncate font-semibold">
          {name}
        </label>
        {definition && (
          <code className="break-words font-mono text-muted text-xs [overflow-wrap:anywhere]">
            {reachedBy(definition)}
          </code>
        )}
        {sealed && (
          <p className="flex items-start gap-1.5 text-muted text-xs">
            <Lock size={12} aria-hidden className="mt-0.5 shrink-0 text-success" />
            {t("servers.import.sealed", { names: sealed })}
          </p>
        )}
        {/* What is sealed stands above already, in the reader's language. */}
        {notes
          .filter((note) => !(sealed && note.endsWith(sealed)))
          .map((note) => (
            <p key={note} className="text-muted text-xs">
              {note}
            </p>
          ))}
        {refusal && (
          <p className="flex items-start gap-1.5 text-timeout text-xs">
            <TriangleAlert size={12} aria-hidden className="mt-0.5 shrink-0" />
            {refusal.detail}
          </p>
        )}
      </div>
    </li>
  );
}
