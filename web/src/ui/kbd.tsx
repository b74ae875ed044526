export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-grid h-4.5 min-w-4.5 place-items-center rounded-sm border border-border bg-canvas px-1 font-mono text-2xs text-muted">
      {children}
    </kbd>
  );
}
