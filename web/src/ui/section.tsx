import type { ReactNode } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="rounded-lg border border-border">
      <h2 className="border-border-subtle border-b px-4 py-2.5 font-semibold">{title}</h2>
      <div className="p-4">{children}</div>
    </section>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-x-4 gap-y-2">{children}</dl>;
}

/** One fact; nothing where there is nothing to say. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === "") return null;
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words font-mono text-xs leading-5 [overflow-wrap:anywhere]">
        {children}
      </dd>
    </>
  );
}
