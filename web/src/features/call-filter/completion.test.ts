import { describe, expect, it } from "vitest";
import { accept, placeAt, suggestionsAt } from "./completion";

const known = (field: string) =>
  field === "tool"
    ? [
        { value: "create_issue", calls: 9 },
        { value: "search issues", calls: 3 },
      ]
    : [];

/** The text with a caret at `|`. */
function at(marked: string) {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const place = placeAt(text, caret);
  return { text, place, labels: suggestionsAt(place, known).map(({ label }) => label) };
}

describe("completion in the query bar", () => {
  it("offers fields where a term begins", () => {
    expect(at("sta|").labels[0]).toBe("status:");
    expect(at("status:error du|").labels[0]).toBe("duration:");
    expect(at("-cl|").labels[0]).toBe("client:");
    expect(at("|").labels.length).toBeGreaterThan(5);
  });

  it("offers the values of a field, those that were seen and those of its closed set", () => {
    expect(at("status:e|").labels).toEqual(["error", "success", "timeout", "cancelled"]);
    expect(at("tool:|").labels).toEqual(["create_issue", "search issues"]);
    expect(at("tool:(create_issue OR s|").labels).toEqual(["search issues", "create_issue"]);
    expect(at('tool:"sea|"').labels).toEqual(["search issues"]);
    expect(at("duration:>5|").labels).toEqual([">500ms", ">5s"]);
  });

  it("puts what was chosen in its place", () => {
    const { text, place } = at("-tool:sea| x");
    const [first] = suggestionsAt(place, known);
    expect(first && accept(text, place, first)).toEqual({
      text: '-tool:"search issues" x',
      caret: 21,
    });
    const open = at("sta|tus:error");
    const [field] = suggestionsAt(open.place, known);
    expect(field && accept(open.text, open.place, field).text).toBe("status:error");
  });
});
