import type { ActivityType } from "@/api/types";

/** What an activity is about. */
export type Group =
  | "project"
  | "team"
  | "members"
  | "invitations"
  | "apiKeys"
  | "servers"
  | "accounts"
  | "deployment";

/** Every type that there is, in the order in which a filter offers them. */
export const GROUP_OF: Record<Exclude<ActivityType, "unknown">, Group> = {
  project_created: "project",
  project_updated: "project",
  project_settings_changed: "project",
  project_deleted: "project",
  project_restored: "project",
  project_purged: "project",
  saved_view_created: "project",
  saved_view_updated: "project",
  saved_view_deleted: "project",
  payloads_exported: "project",
  team_created: "team",
  team_updated: "team",
  team_deleted: "team",
  team_restored: "team",
  team_purged: "team",
  team_granted: "team",
  team_removed: "team",
  member_role_changed: "members",
  member_removed: "members",
  member_left: "members",
  ownership_transferred: "members",
  invitation_created: "invitations",
  invitation_resent: "invitations",
  invitation_accepted: "invitations",
  invitation_declined: "invitations",
  invitation_revoked: "invitations",
  api_key_created: "apiKeys",
  api_key_updated: "apiKeys",
  api_key_revoked: "apiKeys",
  server_created: "servers",
  server_updated: "servers",
  server_deleted: "servers",
  secrets_changed: "servers",
  tools_switched: "servers",
  user_created: "accounts",
  user_updated: "accounts",
  user_deleted: "accounts",
  password_changed: "accounts",
  signed_in: "accounts",
  signed_out: "accounts",
  session_revoked: "accounts",
  sign_in_link_created: "accounts",
  administrator_looked: "deployment",
  secrets_key_rotated: "deployment",
};

const TYPES = Object.keys(GROUP_OF) as (keyof typeof GROUP_OF)[];

/** The types of a group; within a project only of what happens in projects. */
export function typesOf(group: Group, isProject = false): ActivityType[] {
  const isHere = (type: string) =>
    !isProject || !type.startsWith("team_") || type === "team_granted" || type === "team_removed";
  return TYPES.filter((type) => GROUP_OF[type] === group && isHere(type));
}

/** What a filter names: one type, all of a group, or nothing that there is. */
export function typesNamed(what: string | undefined): ActivityType[] {
  const one = TYPES.find((type) => type === what);
  return one ? [one] : TYPES.filter((type) => GROUP_OF[type] === what);
}
