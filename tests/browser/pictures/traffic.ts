import { team } from "./team.mjs";

/** The programs of the team, and how much of its work each does. */
const CLIENTS = [
  { name: "claude-code", version: "2.1.9", part: 5 },
  { name: "cursor-vscode", version: "1.12.3", part: 4 },
  { name: "Visual Studio Code", version: "1.114.0", part: 2 },
  { name: "cline", version: "4.2.0", part: 1 },
];

/** So many calls a second are made on average. */
const PER_SECOND = 3.5;

/** Where the team gets in. */
export interface Entry {
  url: string;
  key: string;
}

interface Offer {
  tool: string;
  given: Record<string, unknown>[];
  often: number;
}

const OFFERS: Offer[] = Object.entries(team).flatMap(([server, tools]) =>
  Object.entries(tools).map(([tool, { given, often }]) => ({
    tool: `${server}__${tool}`,
    given,
    often,
  })),
);

/** What a team calls until it is stopped, now more and now less. */
export async function makeCalls(entry: Entry, stop: AbortSignal): Promise<void> {
  const clients = await Promise.all(CLIENTS.map((client) => connected(client, entry)));
  const parts = CLIENTS.map(({ part }, at) => ({ often: part, call: clients[at] }));
  const began = Date.now();
  const pending = new Set<Promise<unknown>>();
  while (!stop.aborted) {
    const { tool, given } = drawn(OFFERS);
    const call = drawn(parts).call;
    const called = call?.(tool, given[Math.floor(Math.random() * given.length)] ?? {});
    if (called) pending.add(called.finally(() => pending.delete(called)));
    const rhythm = 1 + 0.6 * Math.sin((Date.now() - began) / 11_000);
    const waitMs = (-Math.log(1 - Math.random()) * 1_000) / (PER_SECOND * rhythm);
    await new Promise((done) => setTimeout(done, waitMs));
  }
  await Promise.all(pending);
}

/** One of them, those that are often there more likely than the others. */
function drawn<Each extends { often: number }>(all: Each[]): Each {
  let left = Math.random() * all.reduce((sum, { often }) => sum + often, 0);
  for (const one of all) {
    left -= one.often;
    if (left < 0) return one;
  }
  return all[0] as Each;
}

type Call = (tool: string, given: Record<string, unknown>) => Promise<unknown>;

/** A session of a client program, and what calls its tools. */
async function connected(
  { name, version }: { name: string; version: string },
  { url, key }: Entry,
): Promise<Call> {
  let session: Record<string, string> = {};
  let id = 0;
  const send = async (message: Record<string, unknown>) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "user-agent": `${name}/${version}`,
        ...session,
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
    await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} for ${message.method}`);
    return answer.headers.get("mcp-session-id");
  };
  const clientInfo = { name, version };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  const sessionId = await send({ id, method: "initialize", params });
  session = {
    "mcp-protocol-version": "2025-06-18",
    ...(sessionId ? { "mcp-session-id": sessionId } : {}),
  };
  await send({ method: "notifications/initialized" });
  return (tool, given) => {
    id += 1;
    return send({ id, method: "tools/call", params: { name: tool, arguments: given } });
  };
}
