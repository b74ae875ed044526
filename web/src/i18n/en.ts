import { account } from "./en/account";
import { apiKeys } from "./en/api-keys";
import { connect } from "./en/connect";
import { filter } from "./en/filter";
import { members } from "./en/members";
import { metrics } from "./en/metrics";
import { overview } from "./en/overview";
import { projects } from "./en/projects";
import { range } from "./en/range";
import { runTool } from "./en/run-tool";
import { serverLogs } from "./en/server-logs";
import { servers } from "./en/servers";
import { sessions } from "./en/sessions";
import { shell } from "./en/shell";
import { teams } from "./en/teams";
import { toolCalls } from "./en/tool-calls";
import { words } from "./en/words";

export const en = {
  account,
  apiKeys,
  connect,
  filter,
  members,
  metrics,
  overview,
  projects,
  range,
  runTool,
  serverLogs,
  servers,
  sessions,
  shell,
  teams,
  toolCalls,
  words,
};
