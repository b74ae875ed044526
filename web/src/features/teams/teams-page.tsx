import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { teamsQuery } from "@/api/teams";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { CreateTeamDialog } from "./create-dialog";

export function TeamsPage({ isCreating }: { isCreating: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const teams = useQuery(teamsQuery);
  const [isOpen, setOpen] = useState(isCreating);
  const create = (
    <Button look="solid" onClick={() => setOpen(true)}>
      <Plus size={14} aria-hidden />
      {t("teams.new")}
    </Button>
  );
  return (
    <Page title={t("teams.title")} actions={create}>
      <p className="text-muted">{t("teams.text")}</p>
      {teams.isPending && <SkeletonRows count={3} height={52} />}
      {teams.isError && !teams.data && (
        <ProblemView error={teams.error} onRetry={() => void teams.refetch()} />
      )}
      {teams.data?.length === 0 && (
        <EmptyState
          icon={<Users size={28} aria-hidden />}
          title={t("teams.emptyTitle")}
          text={t("teams.empty")}
        >
          {create}
        </EmptyState>
      )}
      {teams.data && teams.data.length > 0 && (
        <ul className="divide-y divide-border-subtle rounded-lg border border-border">
          {teams.data.map((team) => (
            <li
              key={team.id}
              className="relative flex items-center gap-4 px-4 py-3 first:rounded-t-lg last:rounded-b-lg hover:bg-hover"
            >
              <div className="flex min-w-0 flex-1 flex-col">
                <Link
                  to="/teams/$team"
                  params={{ team: team.slug }}
                  className="truncate font-semibold after:absolute after:inset-0"
                >
                  {team.name}
                </Link>
                <span className="truncate font-mono text-muted text-xs">{team.slug}</span>
              </div>
              {team.role && (
                <span className="text-muted text-xs">{t(`projects.roles.${team.role}`)}</span>
              )}
            </li>
          ))}
        </ul>
      )}
      <CreateTeamDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onCreated={({ slug }) => void navigate({ to: "/teams/$team", params: { team: slug } })}
      />
    </Page>
  );
}
