export const settings = {
  title: "Settings",
  readOnly: "Only owners of the project change its settings.",
  payloads: {
    title: "Arguments and results",
    mode: "What is kept of the calls to come",
    modes: {
      full: "All of it",
      redacted: "Without what looks like a secret",
      metadata: "Nothing",
      unknown: "Unknown",
    },
    modeTexts: {
      full: "But for the secrets of the project's own servers, and what the paths below name.",
      redacted: "Tokens, passwords and keys are masked wherever they stand.",
      metadata: "Only size and hash: neither search in payloads nor running a call again.",
    },
    paths: "Never kept",
    pathsHint:
      "One path per line, beginning with $.arguments, $.result or $.. for any depth. What is stored already stays as it is.",
    reporters: "Reporters read arguments and results",
    reportersText: "Otherwise they see that a call was made, by whom and how it ended.",
  },
  retention: {
    title: "How long it is kept",
    text: "In days. What is older is taken away within ten minutes, and does not come back.",
    fields: {
      tool_calls_days: "Tool calls and figures",
      payloads_days: "Arguments and results",
      server_logs_days: "Server logs",
      sessions_days: "Client sessions",
    },
  },
  people: {
    title: "People",
    text: "Handing the project over, and leaving it, stand beside the people:",
    link: "members",
  },
};
