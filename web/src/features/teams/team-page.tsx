import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { InvitationList } from "@/features/members/invitation-list";
import { InviteDialog } from "@/features/members/invite-dialog";
import { MemberList } from "@/features/members/member-list";
import { Button } from "@/ui/button";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { TeamFrame } from "./team-frame";
import { teamProjectsQuery, teamQuery } from "./teams";

interface Props {
  slug: string;
  onLeft: () => void;
}

/** Who is in a team, and where it brings them. */
export function TeamPage({ slug, onLeft }: Props) {
  const { t } = useTranslation();
  const isOwner = useQuery(teamQuery(slug)).data?.role === "owner";
  const [isInviting, setInviting] = useState(false);
  const place = { team: slug };
  return (
    <TeamFrame
      slug={slug}
      actions={
        isOwner && (
          <Button look="solid" onClick={() => setInviting(true)}>
            <UserPlus size={14} aria-hidden />
            {t("members.invite")}
          </Button>
        )
      }
    >
      {() => (
        <>
          <Section title={t("members.title")}>
            <MemberList place={place} isOwner={isOwner} onLeft={onLeft} />
          </Section>
          <Section title={t("projects.title")}>
            <TeamProjects slug={slug} />
          </Section>
          {isOwner && (
            <Section title={t("members.invitations")}>
              <InvitationList place={place} />
            </Section>
          )}
          <InviteDialog place={place} isOpen={isInviting} onClose={() => setInviting(false)} />
        </>
      )}
    </TeamFrame>
  );
}

function TeamProjects({ slug }: { slug: string }) {
  const { t } = useTranslation();
  const projects = useQuery(teamProjectsQuery(slug));
  return (
    <>
      {projects.isPending && <SkeletonRows count={2} height={40} />}
      {projects.isError && !projects.data && (
        <ProblemView error={projects.error} onRetry={() => void projects.refetch()} isInline />
      )}
      {projects.data?.length === 0 && <p className="text-muted">{t("teams.noProjects")}</p>}
      <ul className="divide-y divide-border-subtle">
        {projects.data?.map((project) => (
          <li key={project.id} className="flex items-center gap-4 py-2.5 first:pt-0 last:pb-0">
            <Link
              to="/projects/$project"
              params={{ project: project.slug }}
              className="min-w-0 flex-1 truncate font-semibold hover:underline"
            >
              {project.name}
            </Link>
            <span className="truncate font-mono text-muted text-xs">{project.slug}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
