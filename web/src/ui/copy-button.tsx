import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./button";

interface Props {
  /** A function where it is long: it is written when somebody copies it. */
  text: string | (() => string);
  /** What is copied, for those who do not see where the button stands. */
  label?: string;
  look?: "quiet" | "bare" | "solid";
  icon?: ReactNode;
  children?: string;
}

export function CopyButton({ text, label, look = "bare", icon, children }: Props) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <button
      type="button"
      className={buttonClass(look)}
      aria-label={label ? `${t("words.copy")}: ${label}` : undefined}
      onClick={() => void copyText(typeof text === "string" ? text : text()).then(setCopied)}
    >
      {isCopied ? (
        <Check size={13} aria-hidden className="text-success" />
      ) : (
        (icon ?? <Copy size={13} aria-hidden />)
      )}
      <span aria-live="polite">{isCopied ? t("words.copied") : (children ?? t("words.copy"))}</span>
    </button>
  );
}

/** The clipboard of a page that came over plain HTTP is closed; a selection still copies there. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "fixed opacity-0";
    (document.querySelector('[role="dialog"]') ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}
