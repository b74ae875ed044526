// An MCP server over stdio: one of those of the team, by its name. Between two moments, in
// milliseconds since 1970, its tools have an incident.
import { createInterface } from "node:readline";
import { team } from "./team.mjs";

const [, , name, from, to] = process.argv;
const tools = team[name];

/** Most are near to the middle, a few take several times as long. */
function around(ms) {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return ms * Math.exp(0.45 * normal);
}

async function call({ name: tool, arguments: given = {} }) {
  const { ms, answer, failure, incident, stuck } = tools[tool];
  const isNow = incident && Date.now() >= Number(from) && Date.now() < Number(to);
  const fails = isNow ? incident : failure;
  const isStuck = Math.random() < (stuck ?? 0);
  const wait = isStuck ? 10_000 : around(isNow ? incident.ms : ms);
  await new Promise((done) => setTimeout(done, wait));
  if (fails && Math.random() < fails.share) {
    process.stderr.write(`${tool}: ${fails.text}\n`);
    return { content: [{ type: "text", text: fails.text }], isError: true };
  }
  const value = answer(given);
  return { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
}

const answers = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: `${name}-mcp`, version: "1.4.0" },
  }),
  ping: () => ({}),
  "tools/list": () => ({
    tools: Object.entries(tools).map(([tool, { given }]) => ({
      name: tool,
      inputSchema: {
        type: "object",
        properties: Object.fromEntries(Object.keys(given[0]).map((field) => [field, {}])),
      },
    })),
  }),
  "tools/call": call,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = async () =>
    Object.hasOwn(answers, method)
      ? { result: await answers[method](params ?? {}) }
      : { error: { code: -32601, message: "Method not found" } };
  void answer().then((said) =>
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...said })}\n`),
  );
}
