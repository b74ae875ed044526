import { describe, expect, it } from "vitest";
import { readArguments, readEnvironment } from "./definition";

describe("a server's definition", () => {
  it("takes one argument a line, spaces within it kept", () => {
    expect(readArguments("-y\n\n  two words \n")).toEqual(["-y", "two words"]);
  });

  it("takes NAME=value lines, with anything in the value", () => {
    expect(readEnvironment("A=1\n\nB_2=x=y z\n")).toEqual({ env: { A: "1", B_2: "x=y z" } });
  });

  it("says which line is wrong", () => {
    expect(readEnvironment("A=1\nnonsense")).toEqual({ wrongLine: 2 });
    expect(readEnvironment("1A=1")).toEqual({ wrongLine: 1 });
  });
});
