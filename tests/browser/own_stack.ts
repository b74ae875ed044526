import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "./environment.ts";

const READY_MS = 60_000;

/** A stack for one test alone, with the logging service in a process that can be killed. */
export interface OwnStack {
  webUrl: string;
  killLogging: () => Promise<void>;
  startLogging: () => Promise<void>;
  stop: () => Promise<void>;
}

export async function startOwnStack(): Promise<OwnStack> {
  const folder = await mkdtemp(join(tmpdir(), "mcporch-browser-"));
  const ports = await freePorts(5);
  const [http, mcp, projects, logging, gateway] = ports;
  const args = (services: string[]) => [
    ...["serve", "--no-demo", "--data", join(folder, "data")],
    ...services.flatMap((service) => ["--service", service]),
    ...["--http-port", `${http}`, "--mcp-port", `${mcp}`],
    ...["--projects-port", `${projects}`, "--logging-port", `${logging}`],
    ...["--gateway-port", `${gateway}`],
    ...["--projects-url", `http://127.0.0.1:${projects}`],
    ...["--logging-url", `http://127.0.0.1:${logging}`],
    ...["--gateway-url", `http://127.0.0.1:${gateway}`],
  ];
  const start = async (services: string[], port: number | undefined) => {
    const child = spawn(binary, args(services), { env: cleanEnvironment(), stdio: "ignore" });
    await ready(child, `http://127.0.0.1:${port}/readyz`);
    return child;
  };
  let log = await start(["logging"], logging);
  const rest = await start(["projects", "mcp-gateway", "http-gateway"], http);
  return {
    webUrl: `http://127.0.0.1:${http}`,
    killLogging: () => ended(log, "SIGKILL"),
    startLogging: async () => {
      log = await start(["logging"], logging);
    },
    stop: async () => {
      await Promise.all([ended(rest, "SIGTERM"), ended(log, "SIGTERM")]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What these tests are told is no setting of the binary. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("MCPORCH_")),
  );
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the binary ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not become ready`);
}

/** All are held until all are chosen, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          }),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
