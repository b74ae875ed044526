import { account } from "./en/account";
import { apiKeys } from "./en/api-keys";
import { connect } from "./en/connect";
import { filter } from "./en/filter";
import { metrics } from "./en/metrics";
import { projects } from "./en/projects";
import { range } from "./en/range";
import { runTool } from "./en/run-tool";
import { serverLogs } from "./en/server-logs";
import { servers } from "./en/servers";
import { sessions } from "./en/sessions";
import { shell } from "./en/shell";
import { toolCalls } from "./en/tool-calls";
import { words } from "./en/words";

export const en = {
  account,
  apiKeys,
  connect,
  filter,
  metrics,
  projects,
  range,
  runTool,
  serverLogs,
  servers,
  sessions,
  shell,
  toolCalls,
  words,
};
