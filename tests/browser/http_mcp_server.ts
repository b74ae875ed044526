import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

const PROTOCOL_VERSION = "2025-06-18";

const ANSWERS: Record<string, unknown> = {
  initialize: {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: { tools: {} },
    serverInfo: { name: "http-of-the-browser-tests", version: "1.0.0" },
  },
  ping: {},
  "tools/list": {
    tools: [{ name: "weather", description: "Says it rains.", inputSchema: { type: "object" } }],
  },
};

interface Listening {
  url: string;
  /** The headers of the newest request of a method. */
  headersOf: (method: string) => IncomingHttpHeaders | undefined;
  stop: () => void;
}

/** An MCP server over Streamable HTTP that has one tool and keeps what it was sent. */
export async function startHttpMcpServer(): Promise<Listening> {
  const seen = new Map<string, IncomingHttpHeaders>();
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method } = JSON.parse(body) as { id?: number | string; method: string };
    seen.set(method, request.headers);
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result = ANSWERS[method];
    const answer = result ? { result } : { error: { code: -32601, message: "Method not found" } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    headersOf: (method) => seen.get(method),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
