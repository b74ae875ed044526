import { useSyncExternalStore } from "react";

/** One timer for all who show a running time, so that a hundred rows tick at once. */
const listeners = new Map<number, Set<() => void>>();
const timers = new Map<number, ReturnType<typeof setInterval>>();

/** The time, anew every `everyMs`; whole multiples of it, so that it is stable in between. */
export function useNow(everyMs: number): number {
  return useSyncExternalStore(
    (listener) => subscribe(everyMs, listener),
    () => Math.floor(Date.now() / everyMs) * everyMs,
  );
}

function subscribe(everyMs: number, listener: () => void): () => void {
  const waiting = listeners.get(everyMs) ?? new Set();
  listeners.set(everyMs, waiting.add(listener));
  if (!timers.has(everyMs)) {
    const tick = () => {
      for (const one of waiting) one();
    };
    timers.set(everyMs, setInterval(tick, everyMs));
  }
  return () => {
    waiting.delete(listener);
    if (waiting.size > 0) return;
    clearInterval(timers.get(everyMs));
    timers.delete(everyMs);
  };
}
