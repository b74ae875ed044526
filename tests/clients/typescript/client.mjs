// The TypeScript SDK 1.x as a client: `client.mjs http|sse URL KEY [PREFIX]`.
//
// Does what a user's program would and prints what it saw, as one JSON object.
// PREFIX stands before each tool's name where the endpoint holds many servers.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const [transport, url, key, prefix = ""] = process.argv.slice(2);
const options = { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
const client = new Client(
  { name: "typescript-test-client", version: "1.0.0" },
  { capabilities: { elicitation: {}, sampling: {} } },
);
client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
client.setRequestHandler(CreateMessageRequestSchema, () => ({
  role: "assistant",
  content: { type: "text", text: "from the client's model" },
  model: "none",
}));
await client.connect(
  transport === "sse"
    ? new SSEClientTransport(new URL(url), options)
    : new StreamableHTTPClientTransport(new URL(url), options),
);

const call = (name, args, requestOptions) =>
  client.callTool({ name: `${prefix}${name}`, arguments: args }, undefined, requestOptions);

const tools = (await client.listTools()).tools.map((tool) => tool.name);
const echo = await call("echo", { message: "안녕" });
const added = await call("get-sum", { a: 2, b: 40 });
const failed = await call("echo", {});
const progress = [];
await call(
  "trigger-long-running-operation",
  { duration: 0.4, steps: 4 },
  { onprogress: ({ progress: done }) => progress.push(done) },
);
const many = await Promise.all(
  Array.from({ length: 16 }, (_, number) => call("echo", { message: `n${number}` })),
);
const declined = await call("trigger-elicitation-request", {});
const sampled = await call("trigger-sampling-request", { prompt: "?" });
const [first] = (await client.listResources()).resources;
const resource = await client.readResource({ uri: first.uri });
const prompt = await client.getPrompt({ name: `${prefix}simple-prompt` });
await client.ping();

console.log(
  JSON.stringify({
    tools,
    echo: echo.content[0].text,
    sum: added.content[0].text,
    is_error: failed.isError ?? false,
    progress,
    many: many.map((result) => result.content[0].text),
    declined: declined.content[0].text,
    sampled: sampled.content.map((part) => part.text),
    resource: resource.contents[0].text,
    prompt: prompt.messages[0].content.text,
  }),
);
await client.close();
