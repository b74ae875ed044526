import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FollowState, follow } from "./follow";

/** What the server answers, connection by connection. */
type Answer = (headers: Headers) => Response;

function stream(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

async function followed(answers: Answer[], lastEventId = "c0") {
  const abort = new AbortController();
  const seen = {
    data: [] as string[],
    states: [] as FollowState[],
    ids: [] as (string | null)[],
    gaps: 0,
  };
  const waiting = [...answers];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    const answer = waiting.shift();
    if (!answer) {
      abort.abort();
      return Promise.reject(new DOMException("stopped", "AbortError"));
    }
    seen.ids.push(headers.get("last-event-id"));
    return Promise.resolve(answer(headers));
  });
  const done = follow({
    url: "/stream",
    lastEventId,
    onEvent: ({ data }) => seen.data.push(data),
    onState: (state) => seen.states.push(state),
    onGap: () => {
      seen.gaps += 1;
    },
    signal: abort.signal,
  });
  await vi.runAllTimersAsync();
  await done;
  return seen;
}

describe("following a stream", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // The browser says when the network is back; here nobody does.
    vi.stubGlobal("addEventListener", vi.fn());
    vi.stubGlobal("removeEventListener", vi.fn());
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("goes on behind the last event after a break", async () => {
    const seen = await followed([
      () => stream("data: one\nid: c1\n\nid: c2\n\n"),
      () => stream("data: two\nid: c3\n\n"),
    ]);
    expect(seen.data).toEqual(["one", "two"]);
    expect(seen.ids).toEqual(["c0", "c2"]);
    expect(seen.states).toEqual(["connecting", "live", "reconnecting", "live", "reconnecting"]);
    expect(seen.gaps).toBe(0);
  });

  it("comes again after a refusal that passes, without saying that it lives", async () => {
    const seen = await followed([
      () => Response.json({ code: "unavailable" }, { status: 503 }),
      () => stream("data: one\n\n"),
    ]);
    expect(seen.ids).toEqual(["c0", "c0"]);
    expect(seen.states).toEqual(["connecting", "reconnecting", "live", "reconnecting"]);
  });

  it("starts from now where its place is not known any more, and says that there is a gap", async () => {
    const seen = await followed([
      () => Response.json({ code: "cursor_mismatch" }, { status: 400 }),
      () => stream("data: one\n\n"),
    ]);
    expect(seen.ids).toEqual(["c0", null]);
    expect(seen.gaps).toBe(1);
  });
});
