import { account } from "./ko/account";
import { activity } from "./ko/activity";
import { administration } from "./ko/administration";
import { apiKeys } from "./ko/api-keys";
import { connect } from "./ko/connect";
import { filter } from "./ko/filter";
import { members } from "./ko/members";
import { metrics } from "./ko/metrics";
import { overview } from "./ko/overview";
import { profile } from "./ko/profile";
import { projects } from "./ko/projects";
import { range } from "./ko/range";
import { runTool } from "./ko/run-tool";
import { serverLogs } from "./ko/server-logs";
import { servers } from "./ko/servers";
import { sessions } from "./ko/sessions";
import { settings } from "./ko/settings";
import { shell } from "./ko/shell";
import { teams } from "./ko/teams";
import { toolCalls } from "./ko/tool-calls";
import { trash } from "./ko/trash";
import { words } from "./ko/words";

export const ko = {
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
