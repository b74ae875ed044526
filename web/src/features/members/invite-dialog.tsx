import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { CreatedInvitation } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { invitationLink, type Place, useInvite } from "./place";
import { ROLES } from "./role-select";

interface Props {
  place: Place;
  isOpen: boolean;
  onClose: () => void;
}

/** Invites somebody, and shows the link to hand over this once. */
export function InviteDialog({ place, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const invite = useInvite(place);
  const close = () => {
    invite.reset();
    onClose();
  };
  if (invite.data) {
    return <LinkDialog invitation={invite.data} onClose={close} />;
  }
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("members.invite")}
      text={t("members.inviteText")}
    >
      <InviteForm invite={invite} onClose={close} />
    </Dialog>
  );
}

export function LinkDialog({
  invitation,
  onClose,
}: {
  invitation: CreatedInvitation;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("members.link.title", { email: invitation.email })}
      text={t("members.link.text")}
      isSticky
    >
      <CodeBlock code={invitationLink(invitation.token)} label={t("members.link.label")} />
      <div className="flex justify-end">
        <Button look="solid" onClick={onClose}>
          {t("members.link.done")}
        </Button>
      </div>
    </Dialog>
  );
}

interface FormProps {
  invite: ReturnType<typeof useInvite>;
  onClose: () => void;
}

function InviteForm({ invite, onClose }: FormProps) {
  const { t } = useTranslation();
  const emailProblem = invite.error instanceof Problem ? invite.error.field("email") : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    invite.mutate({ email: String(form.get("email")).trim(), role: String(form.get("role")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("account.email")}
        name="email"
        type="email"
        autoComplete="off"
        error={emailProblem}
        required
        autoFocus
      />
      <SelectField label={t("members.role")} name="role" defaultValue="developer">
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {t(`members.roleHints.${role}`)}
          </option>
        ))}
      </SelectField>
      {invite.error && !emailProblem && <ProblemView error={invite.error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={invite.isPending}>
          {t("members.inviteSubmit")}
        </Button>
      </div>
    </form>
  );
}
