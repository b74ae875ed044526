import { account } from "./ko/account";
import { apiKeys } from "./ko/api-keys";
import { connect } from "./ko/connect";
import { filter } from "./ko/filter";
import { metrics } from "./ko/metrics";
import { projects } from "./ko/projects";
import { range } from "./ko/range";
import { runTool } from "./ko/run-tool";
import { serverLogs } from "./ko/server-logs";
import { servers } from "./ko/servers";
import { sessions } from "./ko/sessions";
import { shell } from "./ko/shell";
import { toolCalls } from "./ko/tool-calls";
import { words } from "./ko/words";

export const ko = {
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
