import { useEffect, useRef } from "react";
import { isTyping } from "@/lib/typing";

export interface CallKeys {
  move: (by: number) => void;
  open: () => void;
  close: () => void;
  /** Follows what is new, or stops. */
  live: () => void;
}

/**
 * `j` `k` and the arrows move, Enter opens, Escape closes, `l` follows, `t` and `/` lead to the range
 * and the query; never while somebody writes.
 */
export function useCallKeys(keys: CallKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const action = actionOf(event, latest.current);
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

function actionOf({ key, target }: KeyboardEvent, keys: CallKeys): (() => void) | undefined {
  const isOnGrid =
    target === document.body || (target instanceof Element && target.matches('[role="grid"]'));
  if (key === "j" || (key === "ArrowDown" && isOnGrid)) return () => keys.move(1);
  if (key === "k" || (key === "ArrowUp" && isOnGrid)) return () => keys.move(-1);
  if (key === "Enter" && isOnGrid) return keys.open;
  if (key === "Escape") return keys.close;
  if (key === "l") return keys.live;
  if (key === "/") return () => find("[data-query-bar]")?.focus();
  if (key === "t") return () => find("[data-range-picker]")?.click();
  return undefined;
}

function find(selector: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(selector);
}
