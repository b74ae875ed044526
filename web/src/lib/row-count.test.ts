import { expect, it } from "vitest";
import { RowCount } from "./row-count";

function rows(format: "csv" | "ndjson", ...parts: string[]): number {
  const count = new RowCount(format);
  for (const part of parts) count.add(new TextEncoder().encode(part));
  return count.rows;
}

it("counts a row for each line of NDJSON, whatever its texts hold", () => {
  expect(rows("ndjson")).toBe(0);
  expect(rows("ndjson", '{"a":"\\""}\n{"b', '":1}\n')).toBe(2);
});

it("counts neither the head of a CSV file nor the breaks within a field", () => {
  expect(rows("csv", "id,message\n")).toBe(0);
  expect(rows("csv", 'id,message\n1,"a ""word""\nand', ' more"\n2,b\n')).toBe(2);
});
