import { EventStreamParser, type StreamEvent } from "@/lib/event-stream";
import { wait } from "@/lib/wait";
import { Problem } from "./problem";

export type FollowState = "connecting" | "live" | "reconnecting";

interface Options {
  url: string;
  /** Where to go on; empty: from now. */
  lastEventId: string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: FollowState) => void;
  /** What came between may be lost: the reader should list again. */
  onGap: () => void;
  signal: AbortSignal;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** The server sends a sign of life every 15 seconds; after two missed ones it is gone. */
const SILENCE_MS = 35_000;

/**
 * Follows an event stream until the signal, over every break: it goes on behind the last
 * event that it saw. (An `EventSource` gives up for ever at the first answer that is no stream,
 * such as the 503 of a service that restarts, and never notices a dead connection.)
 */
export async function follow(options: Options): Promise<void> {
  const { onState, onGap, signal } = options;
  let lastId = options.lastEventId;
  let pause = FIRST_WAIT_MS;
  onState("connecting");
  while (!signal.aborted) {
    try {
      const response = await connect(options.url, lastId, signal);
      onState("live");
      pause = FIRST_WAIT_MS;
      const parser = new EventStreamParser(lastId);
      await readAll(response, parser, options.onEvent).finally(() => {
        lastId = parser.lastId;
      });
    } catch (error) {
      if (error instanceof Problem && error.status === 400 && lastId !== "") {
        // The place is not known any more.
        lastId = "";
        onGap();
      }
    }
    if (signal.aborted) return;
    onState("reconnecting");
    await wait(pause, signal);
    pause = Math.min(pause * 2, LONGEST_WAIT_MS);
  }
}

async function connect(url: string, lastId: string, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastId !== "") headers["last-event-id"] = lastId;
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (!response.ok) throw await Problem.from(response);
  return response;
}

async function readAll(
  response: Response,
  parser: EventStreamParser,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  for (;;) {
    const { done, value } = await withinSilence(reader);
    if (done) return;
    for (const event of parser.push(value)) onEvent(event);
  }
}

async function withinSilence(
  reader: ReadableStreamDefaultReader<string>,
): Promise<ReadableStreamReadResult<string>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reader.cancel().catch(() => undefined);
      reject(Problem.unreachable());
    }, SILENCE_MS);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}
