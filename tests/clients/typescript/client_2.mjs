// The TypeScript SDK 2.x as a client: `client_2.mjs http|sse URL KEY [PREFIX]`.
//
// Over Streamable HTTP it asks for the newest revision first and falls back to
// what it is offered. Prints what `client.mjs` prints.

import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";

const [transport, url, key, prefix = ""] = process.argv.slice(2);
const options = { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
const mode = transport === "sse" ? "legacy" : "auto";
const client = new Client(
  { name: "typescript-2-test-client", version: "1.0.0" },
  { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode } },
);
client.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
client.setRequestHandler("sampling/createMessage", () => ({
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
  client.callTool({ name: `${prefix}${name}`, arguments: args }, requestOptions);

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
