export const overview = {
  title: "Overview",
  lastDay: "The last 24 hours, beside the 24 before",
  failures: "Newest failures",
  steps: {
    title: "First steps",
    done: "(done)",
    server: "Add an MCP server",
    serverText: "Paste the configuration of a client that you use already, or add one by hand.",
    key: "Make an API key",
    keyText: "One for each client, so that each can be revoked alone.",
    client: "Connect a client",
    clientText: "Cursor, VS Code, Claude Code and others: ready configuration to paste.",
    call: "Call a tool",
    callText: "From the client, or from the page of a server. It appears in the log as it runs.",
  },
};
