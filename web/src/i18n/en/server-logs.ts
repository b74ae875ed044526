export const serverLogs = {
  title: "Server logs",
  server: "Server",
  allServers: "All servers",
  level: "Level",
  levels: {
    debug: "debug",
    info: "info",
    warning: "warning",
    error: "error",
    unknown: "unknown",
  },
  atLeast: {
    debug: "All levels",
    info: "Info and above",
    warning: "Warnings and above",
    error: "Errors",
  },
  emptyTitle: "Nothing was logged",
  empty: "What servers write to stderr, and when they start and stop, appears here as it happens.",
  broken: "The log cannot be read at the moment. What is shown stays; it catches up by itself.",
  call: "call",
};
