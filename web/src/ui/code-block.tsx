import { CopyButton } from "./copy-button";

interface Props {
  code: string;
  title?: string;
  label: string;
}

export function CodeBlock({ code, title, label }: Props) {
  return (
    <section aria-label={label} className="min-w-0 rounded-lg border border-border bg-canvas">
      <div className="flex h-9 items-center justify-between gap-2 border-border-subtle border-b pr-1 pl-3">
        <span className="truncate font-mono text-muted text-xs">{title ?? label}</span>
        <CopyButton text={code} label={label} />
      </div>
      <pre tabIndex={0} className="overflow-x-auto p-3 font-mono text-text text-xs leading-5">
        {code}
      </pre>
    </section>
  );
}
