import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { signUpQuery } from "@/api/sign-up";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Entry, FormProblem } from "./entry";
import { useSignUp } from "./session";

interface Props {
  onSignedIn: () => void;
  next: string | undefined;
  /** The token of an invitation, which lets its address in. */
  invitation?: string | undefined;
}

const FIELDS = ["name", "email", "password"];

export function SignUpPage({ onSignedIn, next, invitation }: Props) {
  const { t } = useTranslation();
  const signUp = useSignUp();
  const state = useQuery(signUpQuery).data;
  const problem = signUp.error instanceof Problem ? signUp.error : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name));
    signUp.mutate(
      {
        name: text("name"),
        email: text("email"),
        password: text("password"),
        ...(invitation ? { invitation_token: invitation } : {}),
      },
      { onSuccess: onSignedIn },
    );
  };
  const toSignIn = (
    <Link to="/sign-in" search={{ next }} className="text-center text-accent hover:underline">
      {t("account.toSignIn")}
    </Link>
  );
  if (state?.is_open === false && !invitation) {
    return (
      <Entry title={t("account.signUpTitle")} footer={toSignIn}>
        <p className="text-muted">{t("account.byInvitation")}</p>
      </Entry>
    );
  }
  return (
    <Entry title={t("account.signUpTitle")} footer={state?.is_first ? null : toSignIn}>
      {state?.is_first && <p className="text-muted">{t("account.first")}</p>}
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label={t("words.name")}
          name="name"
          autoComplete="name"
          autoFocus
          required
          maxLength={100}
          error={problem?.field("name")}
        />
        <TextField
          label={t("account.email")}
          name="email"
          type="email"
          autoComplete="username"
          required
          error={problem?.field("email")}
        />
        <TextField
          label={t("account.password")}
          name="password"
          type="password"
          autoComplete="new-password"
          required
          hint={t("account.passwordHint")}
          error={problem?.field("password")}
        />
        <FormProblem error={signUp.error} fields={FIELDS} />
        <Button type="submit" look="solid" disabled={signUp.isPending} className="h-9">
          {t("account.signUp")}
        </Button>
      </form>
    </Entry>
  );
}
