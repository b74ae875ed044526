const NEWLINE = 10;
const QUOTE = 34;

/** Counts the rows of a CSV or NDJSON file as its bytes come; the line breaks in a CSV field are none. */
export class RowCount {
  #lines = 0;
  #isQuoted = false;

  constructor(readonly format: "csv" | "ndjson") {}

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === NEWLINE && !this.#isQuoted) this.#lines += 1;
      else if (byte === QUOTE && this.format === "csv") this.#isQuoted = !this.#isQuoted;
    }
  }

  /** Without the line that names the columns. */
  get rows(): number {
    return this.format === "csv" ? Math.max(0, this.#lines - 1) : this.#lines;
  }
}
