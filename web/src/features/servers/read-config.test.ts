import { describe, expect, it } from "vitest";
import { namesIn, pick, readConfig } from "./read-config";

const github = { command: "npx", args: ["-y", "server-github"] };

describe("a configuration that is pasted", () => {
  it("is that of Claude and others, with what else stands in the file left out", () => {
    const file = { globalShortcut: "Ctrl+Space", mcpServers: { github } };
    expect(readConfig(JSON.stringify(file))).toEqual({ mcpServers: { github } });
  });

  it("is that of VS Code, as its own file and within the settings", () => {
    const own = { servers: { github }, inputs: [] };
    expect(readConfig(JSON.stringify(own))).toEqual({ servers: { github } });
    const settings = { "editor.fontSize": 13, mcp: own };
    expect(readConfig(JSON.stringify(settings))).toEqual({ servers: { github } });
  });

  it("may be a part of a file, with comments and commas too many", () => {
    const part = `
      // mine
      "mcpServers": {
        "github": { "command": "npx", /* quiet */ "args": ["-y", "server-github",], },
      },`;
    expect(readConfig(part)).toEqual({ mcpServers: { github } });
    expect(readConfig(JSON.stringify({ github }))).toEqual({ mcpServers: { github } });
  });

  it("keeps texts that look like comments", () => {
    const docs = { url: "https://mcp.example.com/mcp", headers: { "X-A": "/* a */, }" } };
    expect(readConfig(JSON.stringify({ mcpServers: { docs } }))).toEqual({ mcpServers: { docs } });
  });

  it("is refused with a reason where it is none", () => {
    expect(readConfig("npx -y server-github")).toBe("not_json");
    expect(readConfig("")).toBe("no_servers");
    expect(readConfig("[1]")).toBe("no_servers");
    expect(readConfig('{"a": 1}')).toBe("no_servers");
  });

  it("is narrowed to the servers that are wanted", () => {
    const config = { servers: { github, other: github } };
    expect(namesIn(config)).toEqual(["github", "other"]);
    expect(pick(config, new Set(["other"]))).toEqual({ servers: { other: github } });
  });
});
