// An MCP server over stdio whose tools are called by hostile texts, which describe themselves, fail
// and write to stderr with them: all that a server can put on a page.
import { createInterface } from "node:readline";
import { hostileTexts } from "./hostile_texts.mjs";

const tools = hostileTexts.map((text) => ({
  name: text,
  title: text,
  description: text,
  inputSchema: {
    type: "object",
    properties: { text: { type: "string", title: text, description: text } },
  },
}));

const answers = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: hostileTexts[0], version: hostileTexts[1] },
  }),
  ping: () => ({}),
  "tools/list": () => ({ tools }),
  "tools/call": ({ name, arguments: given }) => {
    process.stderr.write(`${name}\n`);
    // Half of them fail: what they say is then an error message too.
    return {
      content: [{ type: "text", text: name }],
      structuredContent: { [name]: given?.text ?? name },
      isError: hostileTexts.indexOf(name) % 2 === 0,
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = Object.hasOwn(answers, method)
    ? { result: answers[method](params ?? {}) }
    : { error: { code: -32601, message: "Method not found" } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
}
