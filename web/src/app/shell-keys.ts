import { useEffect, useState } from "react";
import { isTyping } from "@/lib/typing";

export type Asked = "palette" | "keys";

/** Ctrl-K asks for the palette from anywhere, `?` for the keys where nobody writes. */
export function useShellKeys() {
  const [asked, setAsked] = useState<Asked>();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented || event.altKey) return;
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && event.key.toLowerCase() === "k" && !event.shiftKey) {
        event.preventDefault();
        setAsked((now) => (now === "palette" ? undefined : "palette"));
      } else if (!isCommand && event.key === "?" && !isTyping(event.target)) {
        event.preventDefault();
        setAsked("keys");
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return [asked, setAsked] as const;
}
