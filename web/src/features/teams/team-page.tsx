import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { Team } from "@/api/types";
import { InvitationList } from "@/features/members/invitation-list";
import { InviteDialog } from "@/features/members/invite-dialog";
import { MemberList } from "@/features/members/member-list";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { teamProjectsQuery, teamQuery, useRenameTeam } from "./teams";

interface Props {
  slug: string;
  onLeft: () => void;
}

export function TeamPage({ slug, onLeft }: Props) {
  const { t } = useTranslation();
  const team = useQuery(teamQuery(slug));
  const isOwner = team.data?.role === "owner";
  const [isInviting, setInviting] = useState(false);
  const place = { team: slug };
  return (
    <Page
      title={team.data?.name ?? t("teams.one")}
      actions={
        isOwner && (
          <Button look="solid" onClick={() => setInviting(true)}>
            <UserPlus size={14} aria-hidden />
            {t("members.invite")}
          </Button>
        )
      }
    >
      <Link
        to="/teams"
        search={{}}
        className="inline-flex items-center gap-1.5 self-start text-muted hover:text-text"
      >
        <ArrowLeft size={14} aria-hidden />
        {t("teams.back")}
      </Link>
      {team.isPending && <SkeletonRows count={5} height={44} />}
      {team.isError && !team.data && (
        <ProblemView error={team.error} onRetry={() => void team.refetch()} />
      )}
      {team.data && (
        <>
          <Section title={t("members.title")}>
            <MemberList place={place} isOwner={isOwner} onLeft={onLeft} />
          </Section>
          <Section title={t("projects.title")}>
            <TeamProjects slug={slug} />
          </Section>
          {isOwner && (
            <>
              <Section title={t("members.invitations")}>
                <InvitationList place={place} />
              </Section>
              <Section title={t("teams.settings")}>
                <RenameTeam key={team.data.name} team={team.data} slug={slug} />
              </Section>
            </>
          )}
          <InviteDialog place={place} isOpen={isInviting} onClose={() => setInviting(false)} />
        </>
      )}
    </Page>
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

function RenameTeam({ team, slug }: { team: Team; slug: string }) {
  const { t } = useTranslation();
  const rename = useRenameTeam(slug);
  const nameProblem = rename.error instanceof Problem ? rename.error.field("name") : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(String(new FormData(event.currentTarget).get("name")).trim());
  };
  return (
    <form onSubmit={submit} className="flex max-w-md flex-col gap-3">
      <TextField
        label={t("words.name")}
        name="name"
        defaultValue={team.name}
        required
        maxLength={100}
        error={nameProblem}
      />
      {rename.error && !nameProblem && <ProblemView error={rename.error} isInline />}
      <Button type="submit" className="self-start" disabled={rename.isPending}>
        {t("words.save")}
      </Button>
    </form>
  );
}
