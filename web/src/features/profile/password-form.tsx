import { useTranslation } from "react-i18next";
import { TextField } from "@/ui/field";
import { Form, fieldProblem } from "@/ui/form";
import { useChangePassword } from "./profile";

const FIELDS = ["current_password", "new_password"] as const;

export function PasswordForm({ email }: { email: string }) {
  const { t } = useTranslation();
  const change = useChangePassword();
  const submit = (form: FormData, element: HTMLFormElement) => {
    const [current, next] = FIELDS.map((field) => String(form.get(field)));
    change.mutate(
      { current_password: current ?? "", new_password: next ?? "" },
      { onSuccess: () => element.reset() },
    );
  };
  return (
    <div className="flex max-w-md flex-col gap-4">
      <p className="text-muted">{t("profile.password.text")}</p>
      <Form
        error={change.error}
        fields={FIELDS}
        submit={t("profile.password.submit")}
        isBusy={change.isPending}
        onSubmit={submit}
      >
        {/* Tells a password manager whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <TextField
          label={t("profile.password.current")}
          name="current_password"
          type="password"
          autoComplete="current-password"
          required
          error={fieldProblem(change.error, "current_password")}
        />
        <TextField
          label={t("profile.password.new")}
          name="new_password"
          type="password"
          autoComplete="new-password"
          required
          hint={t("account.passwordHint")}
          error={fieldProblem(change.error, "new_password")}
        />
      </Form>
      <p role="status" className="text-success empty:hidden">
        {change.isSuccess && t("profile.password.done")}
      </p>
    </div>
  );
}
