import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { teamsQuery } from "@/api/teams";
import type { ProjectTeam } from "@/api/types";
import { Button, buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { SelectField } from "@/ui/field";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { projectTeamsQuery, useGrantTeam } from "./project-teams";
import { ROLES, RoleSelect } from "./role-select";

interface Props {
  project: string;
  isOwner: boolean;
}

/** The teams whose members are in the project. */
export function TeamGrants({ project, isOwner }: Props) {
  const { t } = useTranslation();
  const teams = useQuery(projectTeamsQuery(project));
  const grant = useGrantTeam(project);
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ProjectTeam>();
  const close = () => {
    grant.reset();
    setAdding(false);
    setRemoving(undefined);
  };
  return (
    <>
      {teams.isPending && <SkeletonRows count={2} height={44} />}
      {teams.isError && !teams.data && (
        <ProblemView error={teams.error} onRetry={() => void teams.refetch()} isInline />
      )}
      {teams.data?.length === 0 && <p className="text-muted">{t("members.noTeams")}</p>}
      {grant.isError && !isAdding && !removing && <ProblemView error={grant.error} isInline />}
      <ul className="divide-y divide-border-subtle">
        {teams.data?.map((team) => (
          <li key={team.team_id} className="flex items-center gap-4 py-2.5 first:pt-0">
            <Link
              to="/teams/$team"
              params={{ team: team.slug }}
              className="min-w-0 flex-1 truncate font-semibold hover:underline"
            >
              {team.name}
            </Link>
            {isOwner ? (
              <>
                <RoleSelect
                  label={t("members.roleOf", { name: team.name })}
                  value={team.role}
                  disabled={grant.isPending}
                  onChange={(role) => grant.mutate({ team: team.slug, role })}
                />
                <Button
                  look="danger"
                  aria-label={t("members.removeTeam.label", { name: team.name })}
                  onClick={() => setRemoving(team)}
                >
                  {t("members.remove.confirm")}
                </Button>
              </>
            ) : (
              <span className="text-muted text-xs">
                {t(`projects.roles.${team.role ?? "unknown"}`)}
              </span>
            )}
          </li>
        ))}
      </ul>
      {isOwner && (
        <Button className="mt-3" onClick={() => setAdding(true)}>
          <Plus size={14} aria-hidden />
          {t("members.addTeam")}
        </Button>
      )}
      <Dialog
        isOpen={isAdding}
        onClose={close}
        title={t("members.addTeam")}
        text={t("members.addTeamText")}
      >
        <AddTeam grant={grant} known={teams.data ?? []} onDone={close} />
      </Dialog>
      <ConfirmDialog
        isOpen={removing !== undefined}
        onClose={close}
        title={t("members.removeTeam.title", { name: removing?.name })}
        text={t("members.removeTeam.text")}
        confirm={t("members.remove.confirm")}
        isBusy={grant.isPending}
        error={grant.error}
        onConfirm={() =>
          removing && grant.mutate({ team: removing.slug, role: null }, { onSuccess: close })
        }
      />
    </>
  );
}

interface AddProps {
  grant: ReturnType<typeof useGrantTeam>;
  known: ProjectTeam[];
  onDone: () => void;
}

function AddTeam({ grant, known, onDone }: AddProps) {
  const { t } = useTranslation();
  const teams = useQuery(teamsQuery);
  const others = teams.data?.filter(({ id }) => !known.some(({ team_id }) => team_id === id));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    grant.mutate(
      { team: String(form.get("team")), role: String(form.get("role")) },
      { onSuccess: onDone },
    );
  };
  if (others?.length === 0) {
    return (
      <div className="flex flex-col items-start gap-3">
        <p className="text-muted">{t("members.noTeamLeft")}</p>
        <Link to="/teams" search={{ new: "1" }} className={buttonClass("solid")}>
          {t("teams.new")}
        </Link>
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <SelectField label={t("teams.one")} name="team" required>
        {others?.map(({ slug, name }) => (
          <option key={slug} value={slug}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label={t("members.roleAtMost")} name="role" defaultValue="developer">
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {t(`members.roleHints.${role}`)}
          </option>
        ))}
      </SelectField>
      {grant.error && <ProblemView error={grant.error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={grant.isPending || !others}>
          {t("members.addTeam")}
        </Button>
      </div>
    </form>
  );
}
