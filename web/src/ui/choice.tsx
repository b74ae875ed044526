import type { ReactNode } from "react";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The options. */
  children: ReactNode;
  disabled?: boolean;
}

/** One of several, in a bar or beside what it is about. */
export function Choice({ label, value, onChange, children, disabled = false }: Props) {
  return (
    <select
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value)}
      className="h-7 max-w-44 rounded-md border border-border bg-raised px-2 font-medium text-xs hover:border-border-strong disabled:opacity-55"
    >
      {children}
    </select>
  );
}
