import { useTranslation } from "react-i18next";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemView } from "./states";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text: string;
  confirm: string;
  onConfirm: () => void;
  isBusy: boolean;
  error: unknown;
}

/** Asks before what cannot be undone. */
export function ConfirmDialog(props: Props) {
  const { t } = useTranslation();
  const { isOpen, onClose, title, text, confirm, onConfirm, isBusy, error } = props;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title} text={text}>
      {Boolean(error) && <ProblemView error={error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button look="danger" disabled={isBusy} onClick={onConfirm}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
