import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Form, fieldProblem } from "@/ui/form";
import { useDeleteAccount } from "./profile";

/** Ends the account, for who knows its password. */
export function DeleteAccount({ onDeleted }: { onDeleted: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteAccount();
  const [isOpen, setOpen] = useState(false);
  const close = () => {
    remove.reset();
    setOpen(false);
  };
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-muted">{t("profile.delete.text")}</p>
      <Button look="danger" onClick={() => setOpen(true)}>
        {t("profile.delete.button")}
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={t("profile.delete.title")}
        text={t("profile.delete.text")}
      >
        <Form
          error={remove.error}
          fields={["password"]}
          submit={t("profile.delete.button")}
          isBusy={remove.isPending}
          isDangerous
          onCancel={close}
          onSubmit={(form) => remove.mutate(String(form.get("password")), { onSuccess: onDeleted })}
        >
          <TextField
            label={t("account.password")}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            error={fieldProblem(remove.error, "password")}
          />
        </Form>
      </Dialog>
    </div>
  );
}
