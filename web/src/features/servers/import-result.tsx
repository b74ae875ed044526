import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Import } from "@/api/types";
import { Button, buttonClass } from "@/ui/button";

interface Props {
  project: string;
  result: Import;
  onClose: () => void;
}

/** What became of each, and where to go on. */
export function ImportResult({ project, result, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <ul role="status" className="flex max-h-[50dvh] flex-col gap-2 overflow-y-auto">
        {result.servers.map(({ name, refusal, notes }) => (
          <li key={name} className="flex items-start gap-2">
            {refusal ? (
              <CircleX size={15} aria-hidden className="mt-0.5 shrink-0 text-error" />
            ) : (
              <CircleCheck size={15} aria-hidden className="mt-0.5 shrink-0 text-success" />
            )}
            <span className="min-w-0 break-words">
              <b className="font-semibold">{name}</b>{" "}
              <span className="text-muted">{refusal?.detail ?? t("servers.import.added")}</span>
              {notes.map((note) => (
                <span key={note} className="block text-muted text-xs">
                  {note}
                </span>
              ))}
            </span>
          </li>
        ))}
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
