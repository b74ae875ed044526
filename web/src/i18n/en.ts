import { account } from "./en/account";
import { activity } from "./en/activity";
import { administration } from "./en/administration";
import { apiKeys } from "./en/api-keys";
import { connect } from "./en/connect";
import { filter } from "./en/filter";
import { members } from "./en/members";
import { metrics } from "./en/metrics";
import { overview } from "./en/overview";
import { profile } from "./en/profile";
import { projects } from "./en/projects";
import { range } from "./en/range";
import { runTool } from "./en/run-tool";
import { serverLogs } from "./en/server-logs";
import { servers } from "./en/servers";
import { sessions } from "./en/sessions";
import { settings } from "./en/settings";
import { shell } from "./en/shell";
import { teams } from "./en/teams";
import { toolCalls } from "./en/tool-calls";
import { trash } from "./en/trash";
import { words } from "./en/words";

export const en = {
  account,
  activity,
  administration,
  apiKeys,
  connect,
  filter,
  members,
  metrics,
  overview,
  profile,
  projects,
  range,
  runTool,
  serverLogs,
  servers,
  sessions,
  settings,
  shell,
  teams,
  toolCalls,
  trash,
  words,
};
