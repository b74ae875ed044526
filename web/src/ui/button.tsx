import { clsx } from "clsx";
import type { ButtonHTMLAttributes } from "react";

type Look = "solid" | "quiet" | "bare" | "danger";

const LOOKS: Record<Look, string> = {
  solid: "bg-accent-solid text-white border-transparent hover:brightness-110",
  quiet: "bg-raised text-text border-border hover:bg-hover hover:border-border-strong",
  bare: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-raised text-error border-error/50 hover:bg-error/10",
};

export function buttonClass(look: Look = "quiet", extra?: string): string {
  return frame(look, "px-2.5", extra);
}

function frame(look: Look, ...extra: (string | undefined)[]): string {
  return clsx(
    "inline-flex h-7 shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium text-xs transition-colors disabled:opacity-55",
    LOOKS[look],
    ...extra,
  );
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
}

export function Button({ look = "quiet", className, type = "button", ...rest }: Props) {
  return <button type={type} className={buttonClass(look, className)} {...rest} />;
}

interface IconProps extends Props {
  label: string;
}

export function IconButton({
  label,
  look = "bare",
  className,
  type = "button",
  ...rest
}: IconProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={frame(look, "aspect-square", className)}
      {...rest}
    />
  );
}
