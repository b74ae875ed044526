import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";

const KEYS = [
  [["/"], "query"],
  [["j", "k"], "move"],
  [["Enter"], "open"],
  [["Esc"], "close"],
  [["l"], "live"],
  [["t"], "range"],
  [["Ctrl", "K"], "palette"],
  [["?"], "help"],
] as const;

/** What the keys do. */
export function KeyHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("shell.keys.title")}>
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-4 gap-y-2.5">
        {KEYS.map(([keys, name]) => (
          <div key={name} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd className="text-muted">{t(`shell.keys.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
