import { execFile } from "node:child_process";
import { apiKey, binary, mcpUrl, server } from "./environment.ts";

/** What `mcp-orch call` said. */
interface Called {
  exitCode: number;
  output: string;
}

/** Where a client gets in. */
interface Entry {
  url: string;
  key: string;
}

/** Calls a tool of the sample server through the gateway, as an MCP client does. */
export function callTool(
  tool: string,
  given: Record<string, unknown>,
  { url, key }: Entry = { url: mcpUrl, key: apiKey },
): Promise<Called> {
  const args = ["call", "--url", url, `${server}__${tool}`, JSON.stringify(given)];
  const env = { ...process.env, MCPORCH_CALL_KEY: key };
  return new Promise((resolve, reject) => {
    execFile(binary, args, { env, timeout: 45_000 }, (error, stdout, stderr) => {
      const code = error?.code;
      if (error && typeof code !== "number") reject(error);
      else resolve({ exitCode: typeof code === "number" ? code : 0, output: stdout + stderr });
    });
  });
}
