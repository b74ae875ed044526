import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Activity } from "@/api/types";

const ACTOR = "\ue000";
const TARGET = "\ue001";

interface Props {
  activity: Activity;
  actor: ReactNode;
  target: ReactNode;
}

/** What was done, in the reader's language; names come into it as they are, never as markup. */
export function Sentence({ activity, actor, target }: Props) {
  const { t } = useTranslation();
  const text = t(sentenceKey(activity), { actor: ACTOR, target: TARGET });
  return text.split(/([\ue000\ue001])/).map((part, index) => {
    const shown = part === ACTOR ? actor : part === TARGET ? target : part;
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text stay where they are
    return <span key={index}>{shown}</span>;
  });
}

const SELVES: readonly string[] = [
  "user_created",
  "user_updated",
  "user_deleted",
  "password_changed",
  "session_revoked",
];

export function sentenceKey({ type, actor, target_id: target }: Activity): string {
  // The target of an ended session is the session; people end only their own.
  const isSelf = type === "session_revoked" || (target !== null && target === actor.user_id);
  return isSelf && SELVES.includes(type) ? `activity.selves.${type}` : `activity.types.${type}`;
}
