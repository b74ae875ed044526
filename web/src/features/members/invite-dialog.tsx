import { useTranslation } from "react-i18next";
import type { CreatedInvitation } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
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
  return (
    <Form
      error={invite.error}
      fields={["email"]}
      submit={t("members.inviteSubmit")}
      isBusy={invite.isPending}
      onCancel={onClose}
      onSubmit={(form) => invite.mutate({ email: typed(form, "email"), role: typed(form, "role") })}
    >
      <TextField
        label={t("account.email")}
        name="email"
        type="email"
        autoComplete="off"
        error={fieldProblem(invite.error, "email")}
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
    </Form>
  );
}
