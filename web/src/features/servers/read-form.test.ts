import { describe, expect, it } from "vitest";
import { printHeaders, printVariables, readForm } from "./read-form";

function form(values: Record<string, string>, removed: string[] = []): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  for (const name of removed) data.append("removed_secrets", name);
  return data;
}

describe("the form of a server", () => {
  it("reads back what was printed into it", () => {
    const env = { A: "1", B: "x=y" };
    const headers = { "X-Team": "a: b" };
    expect(
      readForm(form({ name: "n", command: "npx", env: printVariables(env) }), "stdio"),
    ).toMatchObject({ body: { env, args: [], cwd: null, isolation: "auto" } });
    expect(
      readForm(form({ name: "n", url: "http://x", headers: printHeaders(headers) }), "sse"),
    ).toEqual({
      body: { name: "n", transport: "sse", isolation: "auto", url: "http://x", headers },
    });
  });

  it("sets the secrets that were typed, and removes those that were ticked", () => {
    const read = readForm(form({ name: "n", secrets: "A=1" }, ["A", "B"]), "stdio");
    expect(read).toMatchObject({ body: { secrets: { A: "1", B: "" } } });
  });

  it("says what is wrong, and where", () => {
    expect(readForm(form({ timeout: "0" }), "stdio")).toMatchObject({ field: "timeout" });
    expect(readForm(form({ max_in_flight: "many" }), "stdio")).toMatchObject({
      field: "maxInFlight",
    });
    expect(readForm(form({ secrets: "A=1\nB" }), "stdio")).toMatchObject({
      field: "secrets",
      line: 2,
    });
  });
});
