/** One event of a `text/event-stream`, as the HTML standard (section 9.2) delimits it. */
export interface StreamEvent {
  event: string;
  data: string;
  /** The last id that the stream named, in this event or before. */
  id: string;
}

/** Takes a stream's text in pieces of any size and gives back the events that became whole. */
export class EventStreamParser {
  private rest = "";
  /** Where to go on. An id may also come alone, without an event. */
  lastId: string;
  private event = "";
  private data: string[] = [];

  constructor(lastId = "") {
    this.lastId = lastId;
  }

  push(piece: string): StreamEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line === "") this.dispatch(events);
      else this.field(line);
    }
    return events;
  }

  private dispatch(events: StreamEvent[]): void {
    if (this.data.length > 0) {
      events.push({ event: this.event || "message", data: this.data.join("\n"), id: this.lastId });
    }
    this.event = "";
    this.data = [];
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.lastId = value;
  }
}
