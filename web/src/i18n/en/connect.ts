export const connect = {
  title: "Connect a client",
  text: "One address serves all servers of this project. Tools are named server__tool.",
  url: "MCP address",
  choose: "Client",
  placeholderKey: "<your API key>",
  keyHint: "Put an API key in place of {{placeholder}}.",
  makeKey: "Create an API key",
  whereFile: "Into {{file}}",
  whereTerminal: "In a terminal",
  generic: "Any other client",
  genericHint:
    "Streamable HTTP with a bearer token; older clients find HTTP+SSE at the same project.",
};
