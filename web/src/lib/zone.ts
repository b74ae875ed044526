import { useSyncExternalStore } from "react";

/** In which zone times are shown. */
export type Zone = "local" | "utc";

const listeners = new Set<() => void>();
let zone: Zone = readStored();

export function currentZone(): Zone {
  return zone;
}

/** The zone, and another paint when it changes. */
export function useZone(): Zone {
  return useSyncExternalStore(onZone, currentZone);
}

function onZone(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setZone(next: Zone): void {
  zone = next;
  try {
    localStorage.setItem("zone", next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function readStored(): Zone {
  try {
    return localStorage.getItem("zone") === "utc" ? "utc" : "local";
  } catch {
    return "local";
  }
}
