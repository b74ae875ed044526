/** What whoever starts these tests must say; `./test browser` does. */
function required(name: string, what: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: it should be ${what} (./test browser sets it)`);
  return value;
}

export const webUrl = required("MCPORCH_WEB_URL", "the address of the web UI");
export const signInLink = required("MCPORCH_SIGN_IN_LINK", "a one-time sign-in link of a user");
export const mcpUrl = required("MCPORCH_MCP_URL", "the MCP address of a project of that user");
export const apiKey = required("MCPORCH_API_KEY", "an API key of that project");
export const binary = required("MCPORCH_BINARY", "the path of the mcp-orch binary");

/** A project with many calls that nobody made, and how many; the first of them is number 0. */
export const archive = process.env.MCPORCH_ARCHIVE ?? "";
export const archivedCalls = Number(process.env.MCPORCH_ARCHIVED_CALLS ?? 0);

/** The project's part of the MCP address. */
export const project = /\/projects\/([^/]+)\//.exec(mcpUrl)?.[1] ?? "";

/** The sample server (`mcp-orch sample-server`), as it is called in the project. */
export const server = "sample";

/** Where the signed-in session is kept between the tests of one run. */
export const sessionFile = "test-results/session.json";
