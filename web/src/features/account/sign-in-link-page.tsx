import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Button, buttonClass } from "@/ui/button";
import { Entry, FormProblem } from "./entry";
import { useSignInLink } from "./session";

interface Props {
  token: string;
  onSignedIn: () => void;
}

/** Spends a one-time link as soon as it is opened, and never twice. */
export function SignInLinkPage({ token, onSignedIn }: Props) {
  const { t } = useTranslation();
  const link = useSignInLink();
  const spent = useRef<string>(undefined);
  const { mutateAsync } = link;
  useEffect(() => {
    if (spent.current === token) return;
    spent.current = token;
    mutateAsync(token).then(onSignedIn, () => undefined);
  }, [token, mutateAsync, onSignedIn]);

  if (!link.error) {
    return (
      <Entry title={t("account.signInTitle")} footer={null}>
        <p role="status" className="text-muted">
          {t("account.byLink")}
        </p>
      </Entry>
    );
  }
  if (link.error instanceof Problem && link.error.isPassing) {
    return (
      <Entry title={t("account.signInTitle")} footer={null}>
        <FormProblem error={link.error} />
        <Button onClick={() => mutateAsync(token).then(onSignedIn, () => undefined)}>
          {t("words.retry")}
        </Button>
      </Entry>
    );
  }
  return (
    <Entry title={t("account.linkFailedTitle")} footer={null}>
      <p className="text-muted">{t("account.linkFailed")}</p>
      <Link to="/sign-in" search={{}} className={buttonClass("solid", "h-9")}>
        {t("account.signIn")}
      </Link>
    </Entry>
  );
}
