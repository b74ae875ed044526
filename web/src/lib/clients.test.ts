import { expect, it } from "vitest";
import { filledDeeplink, filledText } from "./clients";

const configuration = { text: "Bearer KEY", key_placeholder: "KEY", deeplink: null };
const deeplink = { configuration: '{"key":"KEY"}', template: "vscode:mcp/install?{configuration}" };

it("puts the key where its place is, as it stands", () => {
  expect(filledText(configuration, "a$&b")).toBe("Bearer a$&b");
});

it("makes the address of a program in the program's own way", () => {
  const filled = (encoding: "percent" | "base64") =>
    filledDeeplink({ ...configuration, deeplink: { ...deeplink, encoding } }, "k");
  expect(filled("percent")).toBe("vscode:mcp/install?%7B%22key%22%3A%22k%22%7D");
  expect(filled("base64")).toBe("vscode:mcp/install?eyJrZXkiOiJrIn0%3D");
  expect(filledDeeplink(configuration, "k")).toBeUndefined();
});
