import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import type { Invitation } from "@/api/types";
import { Entry, FormProblem } from "@/features/account/entry";
import { Button, buttonClass } from "@/ui/button";
import { myInvitationsQuery, useAnswerInvitation } from "./my-invitations";

interface Props {
  token: string;
  /** The address of this page, to come back to. */
  here: string;
  onAccepted: (invitation: Invitation) => Promise<void>;
}

/** Where the link of an invitation leads: to accept or decline it, in an account. */
export function InvitationPage({ token, here, onAccepted }: Props) {
  const { t } = useTranslation();
  const me = useQuery(meQuery);
  if (me.data === undefined) {
    return (
      <Entry title={t("members.page.title")} footer={null}>
        {me.isError ? (
          <>
            <FormProblem error={me.error} />
            <Button onClick={() => void me.refetch()}>{t("words.retry")}</Button>
          </>
        ) : (
          <p className="text-muted">{t("words.loading")}</p>
        )}
      </Entry>
    );
  }
  if (me.data === null) {
    return (
      <Entry title={t("members.page.title")} footer={null}>
        <p className="text-muted">{t("members.page.signedOut")}</p>
        <Link
          to="/sign-up"
          search={{ next: here, invitation: token }}
          className={buttonClass("solid", "h-9")}
        >
          {t("account.signUp")}
        </Link>
        <Link to="/sign-in" search={{ next: here }} className={buttonClass("quiet", "h-9")}>
          {t("account.signIn")}
        </Link>
      </Entry>
    );
  }
  return <Answer token={token} email={me.data.email} onAccepted={onAccepted} />;
}

interface AnswerProps {
  token: string;
  email: string;
  onAccepted: Props["onAccepted"];
}

function Answer({ token, email, onAccepted }: AnswerProps) {
  const { t } = useTranslation();
  const open = useQuery(myInvitationsQuery).data ?? [];
  const answer = useAnswerInvitation(token);
  if (answer.isSuccess && answer.data === null) {
    return (
      <Entry title={t("members.page.declined")} footer={null}>
        <p className="text-muted">{t("members.page.declinedText")}</p>
        <Link to="/projects" search={{}} className={buttonClass("quiet", "h-9")}>
          {t("words.problem.toStart")}
        </Link>
      </Entry>
    );
  }
  return (
    <Entry title={t("members.page.title")} footer={null}>
      <p className="text-muted">{t("members.page.text", { email })}</p>
      {open.length > 0 && (
        <ul aria-label={t("members.page.open")} className="flex flex-col gap-1">
          {open.map((one) => (
            <li key={one.id} className="flex items-center justify-between gap-3">
              <span className="truncate font-semibold">{one.place_name}</span>
              <span className="shrink-0 text-muted text-xs">
                {t(one.team_id ? "teams.one" : "members.page.project")} ·{" "}
                {t(`projects.roles.${one.role ?? "unknown"}`)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <FormProblem error={answer.error} />
      <Button
        look="solid"
        className="h-9"
        disabled={answer.isPending}
        onClick={() =>
          answer.mutate(true, { onSuccess: (invitation) => invitation && onAccepted(invitation) })
        }
      >
        {t("members.page.accept")}
      </Button>
      <Button className="h-9" disabled={answer.isPending} onClick={() => answer.mutate(false)}>
        {t("members.page.decline")}
      </Button>
    </Entry>
  );
}
