import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Button } from "./button";
import { ProblemView } from "./states";

interface Props {
  /** Why the last try was refused. */
  error: unknown;
  /** Fields of this form that say themselves what is wrong with them. */
  fields: readonly string[];
  submit: string;
  isBusy: boolean;
  onSubmit: (form: FormData, element: HTMLFormElement) => void;
  /** Absent: the form stands in a page and closes nothing. */
  onCancel?: () => void;
  /** What it does cannot be undone. */
  isDangerous?: boolean;
  /** The reader may look and change nothing. */
  isReadOnly?: boolean;
  children: ReactNode;
}

/** Fields, what was wrong, and the buttons below: the frame of every form. */
export function Form(props: Props) {
  const { t } = useTranslation();
  const { error, fields, submit, isBusy, onSubmit, onCancel, isDangerous, children } = props;
  const { isReadOnly = false } = props;
  const look = isDangerous ? "danger" : onCancel ? "solid" : "quiet";
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget), event.currentTarget);
  };
  const isOfField = fields.some((field) => fieldProblem(error, field));
  return (
    <form onSubmit={send} className="flex flex-col gap-4">
      {/* As if it were not there for the layout. */}
      <fieldset disabled={isReadOnly} className="contents">
        {children}
      </fieldset>
      {Boolean(error) && !isOfField && <ProblemView error={error} isInline />}
      <div className={onCancel ? "flex justify-end gap-2" : "flex"}>
        {onCancel && <Button onClick={onCancel}>{t("words.cancel")}</Button>}
        {!isReadOnly && (
          <Button type="submit" look={look} disabled={isBusy}>
            {submit}
          </Button>
        )}
      </div>
    </form>
  );
}

/** What is wrong with one field of the form. */
export function fieldProblem(error: unknown, field: string): string | undefined {
  return error instanceof Problem ? error.field(field) : undefined;
}

/** What was typed into a field, without the space around it. */
export function typed(form: FormData, field: string): string {
  return String(form.get(field) ?? "").trim();
}
