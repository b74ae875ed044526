import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Invitation } from "@/api/types";
import { formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { LinkDialog } from "./invite-dialog";
import { invitationsQuery, type Place, useResend, useRevokeInvitation } from "./place";

/** Who was invited and has not come yet. */
export function InvitationList({ place }: { place: Place }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const invitations = useQuery(invitationsQuery(place));
  const resend = useResend(place);
  const revoke = useRevokeInvitation(place);
  const [revoking, setRevoking] = useState<Invitation>();
  const close = () => {
    revoke.reset();
    setRevoking(undefined);
  };
  return (
    <>
      {invitations.isPending && <SkeletonRows count={2} height={48} />}
      {invitations.isError && !invitations.data && (
        <ProblemView
          error={invitations.error}
          onRetry={() => void invitations.refetch()}
          isInline
        />
      )}
      {invitations.data?.length === 0 && <p className="text-muted">{t("members.noInvitations")}</p>}
      {resend.isError && <ProblemView error={resend.error} isInline />}
      <ul className="divide-y divide-border-subtle">
        {invitations.data?.map((one) => (
          <li
            key={one.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0"
          >
            <div className="flex min-w-40 flex-1 flex-col">
              <span className="truncate font-semibold">{one.email}</span>
              <span className="text-muted text-xs">
                {t(`projects.roles.${one.role ?? "unknown"}`)} ·{" "}
                {t("members.expires", {
                  when: formatRelative(one.expires_at, now, i18n.language),
                })}
              </span>
            </div>
            <Button
              aria-label={t("members.newLinkFor", { email: one.email })}
              disabled={resend.isPending}
              onClick={() => resend.mutate(one)}
            >
              {t("members.newLink")}
            </Button>
            <Button
              look="danger"
              aria-label={t("members.revokeOf", { email: one.email })}
              onClick={() => setRevoking(one)}
            >
              {t("members.revoke.confirm")}
            </Button>
          </li>
        ))}
      </ul>
      {resend.data && <LinkDialog invitation={resend.data} onClose={() => resend.reset()} />}
      <ConfirmDialog
        isOpen={revoking !== undefined}
        onClose={close}
        title={t("members.revoke.title", { email: revoking?.email })}
        text={t("members.revoke.text")}
        confirm={t("members.revoke.confirm")}
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoking && revoke.mutate(revoking, { onSuccess: close })}
      />
    </>
  );
}
