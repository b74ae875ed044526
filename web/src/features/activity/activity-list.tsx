import {
  FolderOpen,
  KeyRound,
  type LucideIcon,
  MailPlus,
  Server,
  ShieldAlert,
  UserRound,
  Users,
  UsersRound,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Activity } from "@/api/types";
import { clockParts, formatDay, formatMoment, zoneName } from "@/lib/time";
import { useZone } from "@/lib/zone";
import type { Feed } from "./activities";
import { Changes } from "./changes";
import { Sentence } from "./sentence";
import { Target } from "./target";
import { GROUP_OF, type Group } from "./types";
import { Where } from "./where";

const ICONS: Record<Group, LucideIcon> = {
  project: FolderOpen,
  team: UsersRound,
  members: Users,
  invitations: MailPlus,
  apiKeys: KeyRound,
  servers: Server,
  accounts: UserRound,
  deployment: ShieldAlert,
};

interface Props {
  feed: Feed;
  rows: Activity[];
  onWho: (user: string) => void;
}

/** Newest first, day by day. */
export function ActivityList({ feed, rows, onWho }: Props) {
  useZone();
  return [...byDay(rows)].map(([day, activities]) => (
    <section key={day} aria-label={day} className="flex flex-col gap-1.5">
      <h2 className="tabular font-mono text-muted text-xs">
        {day} <span className="text-faint">{zoneName(new Date(activities[0]?.at ?? day))}</span>
      </h2>
      <ul className="divide-y divide-border-subtle rounded-lg border border-border">
        {activities.map((activity) => (
          <Row key={activity.id} feed={feed} activity={activity} onWho={onWho} />
        ))}
      </ul>
    </section>
  ));
}

function byDay(rows: Activity[]): Map<string, Activity[]> {
  const days = new Map<string, Activity[]>();
  for (const row of rows) {
    const day = formatDay(row.at);
    const before = days.get(day);
    if (before) before.push(row);
    else days.set(day, [row]);
  }
  return days;
}

interface RowProps {
  feed: Feed;
  activity: Activity;
  onWho: (user: string) => void;
}

function Row({ feed, activity, onWho }: RowProps) {
  const { t } = useTranslation();
  const { at, type, changes } = activity;
  const { client_address: address, user_agent: agent, api_key_id: key } = activity.actor;
  const Icon = type === "unknown" ? ShieldAlert : ICONS[GROUP_OF[type]];
  const { time } = clockParts(at);
  return (
    <li className="flex items-start gap-3 px-4 py-2.5">
      <Icon size={15} aria-hidden className="mt-0.5 shrink-0 text-faint" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p>
          <Sentence
            activity={activity}
            actor={<Who activity={activity} onWho={onWho} />}
            target={<Target activity={activity} feed={feed} />}
          />
          {key && <span className="text-muted"> ({t("activity.byKey")})</span>}
          <Where activity={activity} feed={feed} />
        </p>
        <Changes changes={changes} />
      </div>
      <div className="tabular flex shrink-0 flex-col items-end gap-1 font-mono text-xs leading-5">
        <time dateTime={at} title={formatMoment(at)} className="text-muted">
          {time}
        </time>
        {address && (
          <span title={agent ?? undefined} className="text-faint">
            <span className="sr-only">{t("activity.origin")} </span>
            {address}
          </span>
        )}
      </div>
    </li>
  );
}

function Who({ activity, onWho }: { activity: Activity; onWho: (user: string) => void }) {
  const { t } = useTranslation();
  const { user_id: user, name } = activity.actor;
  if (!user) return <b className="font-semibold">{t("activity.operator")}</b>;
  return (
    <button
      type="button"
      title={t("activity.of", { name })}
      onClick={() => onWho(user)}
      className="rounded-sm text-left font-semibold hover:underline [overflow-wrap:anywhere]"
    >
      {name}
    </button>
  );
}
