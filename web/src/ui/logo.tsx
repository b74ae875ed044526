import { clsx } from "clsx";

export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={clsx("size-5 shrink-0", className)}>
      <rect width="32" height="32" rx="8" className="fill-accent-solid" />
      <circle cx="16" cy="16" r="6.5" className="fill-none stroke-white" strokeWidth="3.5" />
    </svg>
  );
}
