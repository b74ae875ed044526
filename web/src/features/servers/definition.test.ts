import { describe, expect, it } from "vitest";
import { readArguments, readEnvironment, readHeaders } from "./definition";

describe("a server's definition", () => {
  it("takes one argument a line, spaces within it kept", () => {
    expect(readArguments("-y\n\n  two words \n")).toEqual(["-y", "two words"]);
  });

  it("takes NAME=value lines, with anything in the value", () => {
    expect(readEnvironment("A=1\n\nB_2=x=y z\n")).toEqual({ env: { A: "1", B_2: "x=y z" } });
  });

  it("takes Name: value lines as headers", () => {
    expect(readHeaders("X-Team: a: b\n\nAccept:*/*")).toEqual({
      headers: { "X-Team": "a: b", Accept: "*/*" },
    });
    expect(readHeaders("X-Team a")).toEqual({ wrongLine: 1 });
  });

  it("says which line is wrong", () => {
    expect(readEnvironment("A=1\nnonsense")).toEqual({ wrongLine: 2 });
    expect(readEnvironment("1A=1")).toEqual({ wrongLine: 1 });
  });
});
