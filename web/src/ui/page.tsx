import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  actions?: ReactNode;
  /** Links to the pages beside this one. */
  tabs?: ReactNode;
  children: ReactNode;
}

/** A page with a title bar; its content scrolls alone. */
export function Page({ title, actions, tabs, children }: Props) {
  useTitle(title);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar title={title} actions={actions} />
      {tabs}
      <div
        tabIndex={0}
        role="region"
        aria-label={title}
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
      >
        <div className="mx-auto flex w-full max-w-5xl flex-col gap-5 p-4 md:p-6">{children}</div>
      </div>
    </div>
  );
}

/** What links in `tabs` look like; the one of this page is marked by the router. */
export const TAB =
  "flex h-9 shrink-0 items-center border-transparent border-b-2 px-0.5 font-medium text-muted hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text";

export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the link of this page may lie beyond the edge.
  useEffect(() => {
    nav.current?.querySelector("[aria-current=page]")?.scrollIntoView({ inline: "nearest" });
  }, []);
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="flex shrink-0 gap-5 overflow-x-auto border-border-subtle border-b px-3"
    >
      {children}
    </nav>
  );
}

export function PageBar({ title, actions }: { title: string; actions?: ReactNode }) {
  return (
    <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-border-subtle border-b px-3 py-2">
      <h1 className="truncate pl-9 font-semibold text-[15px] md:pl-0">{title}</h1>
      <div className="ml-auto flex min-w-0 flex-wrap items-center justify-end gap-2">{actions}</div>
    </header>
  );
}

export function useTitle(title: string): void {
  const { t } = useTranslation();
  const product = t("shell.product");
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
}
