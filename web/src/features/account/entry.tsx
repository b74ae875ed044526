import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Logo } from "@/ui/logo";
import { useTitle } from "@/ui/page";
import { useProblemText } from "@/ui/states";

interface Props {
  title: string;
  children: ReactNode;
  footer: ReactNode;
}

/** The frame of the pages before one is in. */
export function Entry({ title, children, footer }: Props) {
  const { t } = useTranslation();
  useTitle(title);
  return (
    <main className="flex h-full flex-col items-center overflow-y-auto bg-canvas px-4 py-10">
      <div className="my-auto flex w-full max-w-sm flex-col gap-6">
        <div className="flex flex-col items-center gap-3 text-center">
          <Logo className="size-10" />
          <p className="font-semibold text-base">{t("shell.product")}</p>
          <p className="text-muted">{t("account.tagline")}</p>
        </div>
        <div className="flex flex-col gap-4 rounded-lg border border-border bg-surface p-6">
          <h1 className="font-semibold text-base">{title}</h1>
          {children}
        </div>
        {footer}
      </div>
    </main>
  );
}

/** Why a form was refused, where no single field is to blame. */
export function FormProblem({ error, fields = [] }: { error: unknown; fields?: string[] }) {
  const { title, text } = useProblemText(error);
  if (!error) return null;
  if (error instanceof Problem && fields.some((field) => error.field(field))) return null;
  return (
    <p role="alert" className="rounded-md border border-error/40 bg-error/5 px-3 py-2 text-error">
      {text || title}
    </p>
  );
}
