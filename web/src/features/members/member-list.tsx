import { useQuery } from "@tanstack/react-query";
import { Crown, LogOut, MoreHorizontal, UserMinus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import type { Member, Role } from "@/api/types";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { type MemberChange, membersQuery, type Place, useChangeMember } from "./place";
import { RoleSelect } from "./role-select";

interface Props {
  place: Place;
  isOwner: boolean;
  /** The reader is out. */
  onLeft: () => void;
}

type Asked = Exclude<MemberChange, { kind: "role" }>;

export function MemberList({ place, isOwner, onLeft }: Props) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery(place));
  const me = useQuery(meQuery).data;
  const setRole = useChangeMember(place);
  const change = useChangeMember(place);
  const [asked, setAsked] = useState<Asked>();
  const close = () => {
    change.reset();
    setAsked(undefined);
  };
  const name = asked && "member" in asked ? asked.member.name : me?.name;
  return (
    <>
      {members.isPending && <SkeletonRows count={3} height={48} />}
      {members.isError && !members.data && (
        <ProblemView error={members.error} onRetry={() => void members.refetch()} isInline />
      )}
      {setRole.isError && <ProblemView error={setRole.error} isInline />}
      <ul className="divide-y divide-border-subtle">
        {members.data?.map((member) => (
          <Item
            key={member.user_id}
            member={member}
            isMe={member.user_id === me?.id}
            isOwner={isOwner}
            isBusy={setRole.isPending}
            onRole={(role) => setRole.mutate({ kind: "role", member, role })}
            onAsk={setAsked}
          />
        ))}
      </ul>
      <ConfirmDialog
        isOpen={asked !== undefined}
        onClose={close}
        title={asked ? t(`members.${asked.kind}.title`, { name }) : ""}
        text={asked ? t(`members.${asked.kind}.text`) : ""}
        confirm={asked ? t(`members.${asked.kind}.confirm`) : ""}
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() =>
          asked &&
          change.mutate(asked, {
            onSuccess: () => {
              close();
              if (asked.kind === "leave") onLeft();
            },
          })
        }
      />
    </>
  );
}

interface ItemProps {
  member: Member;
  isMe: boolean;
  isOwner: boolean;
  isBusy: boolean;
  onRole: (role: Role) => void;
  onAsk: (change: Asked) => void;
}

function Item({ member, isMe, isOwner, isBusy, onRole, onAsk }: ItemProps) {
  const { t } = useTranslation();
  const way = member.invited_as === "team_member" ? t("members.byTeam") : undefined;
  // Who is here by a team alone has no role of their own to change.
  const isChangeable = isOwner && member.own_role !== null;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0">
      <div className="flex min-w-40 flex-1 flex-col">
        <span className="truncate font-semibold">
          {member.name}
          {isMe && <span className="ml-2 font-normal text-muted text-xs">{t("members.you")}</span>}
          {!member.is_active && (
            <span className="ml-2 font-normal text-timeout text-xs">{t("members.inactive")}</span>
          )}
        </span>
        <span className="truncate text-muted text-xs">{member.email}</span>
      </div>
      {way && <span className="text-muted text-xs">{way}</span>}
      {isChangeable ? (
        <RoleSelect
          label={t("members.roleOf", { name: member.name })}
          value={member.own_role}
          disabled={isBusy}
          onChange={onRole}
        />
      ) : (
        <span className="text-muted text-xs">
          {t(`projects.roles.${member.role ?? "unknown"}`)}
        </span>
      )}
      {(isMe || isChangeable) && (
        <Menu
          align="end"
          trigger={
            <IconButton label={t("members.actions", { name: member.name })}>
              <MoreHorizontal size={16} aria-hidden />
            </IconButton>
          }
        >
          {isMe ? (
            <MenuItem onSelect={() => onAsk({ kind: "leave" })}>
              <LogOut size={14} aria-hidden className="text-faint" />
              {t("members.leave.button")}
            </MenuItem>
          ) : (
            <>
              <MenuItem onSelect={() => onAsk({ kind: "transfer", member })}>
                <Crown size={14} aria-hidden className="text-faint" />
                {t("members.transfer.button")}
              </MenuItem>
              <MenuItem onSelect={() => onAsk({ kind: "remove", member })}>
                <UserMinus size={14} aria-hidden className="text-error" />
                {t("members.remove.button")}
              </MenuItem>
            </>
          )}
        </Menu>
      )}
    </li>
  );
}
