import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import type { User } from "@/api/types";
import { formatDay, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { typed } from "@/ui/form";
import { ProblemView } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { type UserChange, useChangeUser, useUsers } from "./administration";
import { AdministrationFrame } from "./frame";
import { Figures, Named, Rows } from "./rows";

interface Props {
  /** Part of a name or an address. */
  text: string;
  onText: (text: string) => void;
}

/** Everybody who has an account, and who may what in the deployment. */
export function UsersPage({ text, onText }: Props) {
  const { t } = useTranslation();
  const users = useUsers(text);
  const change = useChangeUser();
  const [asked, setAsked] = useState<UserChange>();
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onText(typed(new FormData(event.currentTarget), "text"));
  };
  // What takes something away is asked about first.
  const request = (wanted: UserChange) => {
    if (Object.values(wanted.body).includes(true)) change.mutate(wanted);
    else setAsked(wanted);
  };
  const close = () => {
    change.reset();
    setAsked(undefined);
  };
  const kind = asked && "is_active" in asked.body ? "deactivate" : "demote";
  return (
    <AdministrationFrame>
      <p className="text-muted">{t("administration.users.text")}</p>
      <form onSubmit={search} className="flex gap-2" role="search">
        <input
          key={text}
          type="search"
          name="text"
          aria-label={t("administration.users.search")}
          placeholder={t("administration.users.search")}
          defaultValue={text}
          className="h-8 w-full max-w-72 rounded-md border border-border bg-canvas px-2.5"
        />
        <Button type="submit" className="h-8">
          {t("administration.users.find")}
        </Button>
      </form>
      {change.isError && !asked && <ProblemView error={change.error} isInline />}
      <Rows of={users} empty={t("administration.users.none")}>
        {(user) => <UserItem user={user} isBusy={change.isPending} onChange={request} />}
      </Rows>
      <ConfirmDialog
        isOpen={asked !== undefined}
        onClose={close}
        title={t(`administration.users.${kind}.title`, { name: asked?.user.name })}
        text={t(`administration.users.${kind}.text`)}
        confirm={t(`administration.users.${kind}.confirm`)}
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() => asked && change.mutate(asked, { onSuccess: close })}
      />
    </AdministrationFrame>
  );
}

interface ItemProps {
  user: User;
  isBusy: boolean;
  onChange: (change: UserChange) => void;
}

function UserItem({ user, isBusy, onChange }: ItemProps) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const me = useQuery(meQuery).data;
  const { name, email, last_login_at: seen } = user;
  return (
    <>
      <Named
        name={
          <>
            {name}
            {user.id === me?.id && (
              <span className="ml-2 font-normal text-muted text-xs">{t("members.you")}</span>
            )}
          </>
        }
        below={email}
      />
      <Figures
        of={[
          [
            t("administration.users.lastSeen"),
            seen ? formatRelative(seen, now, i18n.language) : t("words.never"),
          ],
          [t("administration.since"), formatDay(user.created_at)],
        ]}
      />
      <span className="flex items-center gap-2 text-muted text-xs">
        {t("administration.users.active")}
        <Switch
          label={t("administration.users.activeOf", { name })}
          isOn={user.is_active}
          disabled={isBusy}
          onChange={(is_active) => onChange({ user, body: { is_active } })}
        />
      </span>
      <span className="flex items-center gap-2 text-muted text-xs">
        {t("administration.users.admin")}
        <Switch
          label={t("administration.users.adminOf", { name })}
          isOn={user.is_admin}
          disabled={isBusy}
          onChange={(is_admin) => onChange({ user, body: { is_admin } })}
        />
      </span>
    </>
  );
}
