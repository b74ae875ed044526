import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { signUpQuery } from "@/api/sign-up";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Entry, FormProblem } from "./entry";
import { useSignIn } from "./session";

interface Props {
  onSignedIn: () => void;
  next: string | undefined;
}

export function SignInPage({ onSignedIn, next }: Props) {
  const { t } = useTranslation();
  const signIn = useSignIn();
  const isClosed = useQuery(signUpQuery).data?.is_open === false;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate(
      { email: String(form.get("email")), password: String(form.get("password")) },
      { onSuccess: onSignedIn },
    );
  };
  return (
    <Entry
      title={t("account.signInTitle")}
      footer={
        isClosed ? (
          <p className="text-center text-muted">{t("account.byInvitation")}</p>
        ) : (
          <Link to="/sign-up" search={{ next }} className="text-center text-accent hover:underline">
            {t("account.toSignUp")}
          </Link>
        )
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label={t("account.email")}
          name="email"
          type="email"
          autoComplete="username"
          autoFocus
          required
        />
        <TextField
          label={t("account.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        <FormProblem error={signIn.error} />
        <Button type="submit" look="solid" disabled={signIn.isPending} className="h-9">
          {t("account.signIn")}
        </Button>
      </form>
    </Entry>
  );
}
