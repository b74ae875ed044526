import { account } from "./ko/account";
import { apiKeys } from "./ko/api-keys";
import { connect } from "./ko/connect";
import { projects } from "./ko/projects";
import { runTool } from "./ko/run-tool";
import { servers } from "./ko/servers";
import { shell } from "./ko/shell";
import { toolCalls } from "./ko/tool-calls";
import { words } from "./ko/words";

export const ko = {
  account,
  apiKeys,
  connect,
  projects,
  runTool,
  servers,
  shell,
  toolCalls,
  words,
};
