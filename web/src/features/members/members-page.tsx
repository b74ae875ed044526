import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { InvitationList } from "./invitation-list";
import { InviteDialog } from "./invite-dialog";
import { MemberList } from "./member-list";
import { TeamGrants } from "./team-grants";

interface Props {
  project: string;
  onLeft: () => void;
}

/** Who is in a project, by which way, and who is about to come. */
export function MembersPage({ project, onLeft }: Props) {
  const { t } = useTranslation();
  const isOwner = useQuery(projectQuery(project)).data?.role === "owner";
  const [isInviting, setInviting] = useState(false);
  const place = { project };
  return (
    <Page
      title={t("members.title")}
      actions={
        isOwner && (
          <Button look="solid" onClick={() => setInviting(true)}>
            <UserPlus size={14} aria-hidden />
            {t("members.invite")}
          </Button>
        )
      }
    >
      <p className="text-muted">{t("members.text")}</p>
      <Section title={t("members.title")}>
        <MemberList place={place} isOwner={isOwner} onLeft={onLeft} />
      </Section>
      <Section title={t("members.teams")}>
        <TeamGrants project={project} isOwner={isOwner} />
      </Section>
      {isOwner && (
        <Section title={t("members.invitations")}>
          <InvitationList place={place} />
        </Section>
      )}
      <InviteDialog place={place} isOpen={isInviting} onClose={() => setInviting(false)} />
    </Page>
  );
}
