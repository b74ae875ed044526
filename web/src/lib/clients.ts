/** What a client's configuration names. */
export interface Target {
  /** What the client calls it. */
  name: string;
  url: string;
  key: string;
}

/** A client program and how it is told of an MCP address. */
export interface ClientGuide {
  id: string;
  label: string;
  /** Where the text goes; absent: it is a command for a terminal. */
  file?: string;
  text: (target: Target) => string;
  /** An address that has the program add the server itself. */
  deeplink?: (target: Target) => string;
}

export function claudeCodeCommand({ name, url, key }: Target): string {
  return [
    `claude mcp add --transport http ${name} ${url} \\`,
    `  --header "Authorization: Bearer ${key}"`,
  ].join("\n");
}

/** The `headers` of a bearer token, as most clients write them. */
function headers({ key }: Target) {
  return { Authorization: `Bearer ${key}` };
}

/** Of any text, as UTF-8. */
function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

export const CLIENT_GUIDES: ClientGuide[] = [
  { id: "claude-code", label: "Claude Code", text: claudeCodeCommand },
  {
    id: "cursor",
    label: "Cursor",
    file: "~/.cursor/mcp.json",
    text: (to) => json({ mcpServers: { [to.name]: { url: to.url, headers: headers(to) } } }),
    // https://cursor.com/docs/context/mcp/install-links
    deeplink: (to) => {
      const config = base64(JSON.stringify({ url: to.url, headers: headers(to) }));
      const query = new URLSearchParams({ name: to.name, config });
      return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`;
    },
  },
  {
    id: "vscode",
    label: "VS Code",
    file: ".vscode/mcp.json",
    text: (to) =>
      json({ servers: { [to.name]: { type: "http", url: to.url, headers: headers(to) } } }),
    // https://code.visualstudio.com/api/extension-guides/ai/mcp
    deeplink: (to) => {
      const server = { name: to.name, type: "http", url: to.url, headers: headers(to) };
      return `vscode:mcp/install?${encodeURIComponent(JSON.stringify(server))}`;
    },
  },
  {
    id: "cline",
    label: "Cline",
    file: "cline_mcp_settings.json",
    text: (to) =>
      json({
        mcpServers: { [to.name]: { type: "streamableHttp", url: to.url, headers: headers(to) } },
      }),
  },
  {
    id: "windsurf",
    label: "Windsurf",
    file: "~/.codeium/windsurf/mcp_config.json",
    text: (to) => json({ mcpServers: { [to.name]: { serverUrl: to.url, headers: headers(to) } } }),
  },
  {
    id: "codex",
    label: "Codex",
    file: "~/.codex/config.toml",
    text: (to) =>
      [
        `[mcp_servers.${to.name}]`,
        `url = ${JSON.stringify(to.url)}`,
        `http_headers = { Authorization = ${JSON.stringify(`Bearer ${to.key}`)} }`,
      ].join("\n"),
  },
];

const NAMES: Record<string, string> = {
  cline: "Cline",
  roo: "Roo Code",
  cursor: "Cursor",
  vscode: "VS Code",
  windsurf: "Windsurf",
  claude: "Claude",
  inspector: "Inspector",
};

interface Program {
  type: string | null;
  name: string | null;
  user_agent: string | null;
}

/** What people call a client program. */
export function clientTitle({ type, name, user_agent: agent }: Program): string {
  return NAMES[type ?? ""] ?? name ?? agent?.split(/[\s/]/)[0] ?? "—";
}
