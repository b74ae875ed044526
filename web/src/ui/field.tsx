import { clsx } from "clsx";
import type {
  InputHTMLAttributes,
  ReactNode,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from "react";
import { useId } from "react";
import { useTranslation } from "react-i18next";

const CONTROL =
  "w-full rounded-md border bg-canvas px-2.5 text-text placeholder:text-faint hover:border-border-strong";

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  isOptional?: boolean;
  mono?: boolean;
}

interface Ids {
  id: string;
  describedBy: string | undefined;
}

interface FrameProps extends Common {
  children: (ids: Ids) => ReactNode;
}

function Frame({ label, hint, error, isOptional, children }: FrameProps) {
  const { t } = useTranslation();
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium text-text text-xs">
        {label}
        {isOptional && <span className="ml-1.5 font-normal text-faint">{t("words.optional")}</span>}
      </label>
      {children({ id, describedBy: note ? noteId : undefined })}
      {note && (
        <p id={noteId} className={clsx("text-xs", error ? "text-error" : "text-faint")}>
          {note}
        </p>
      )}
    </div>
  );
}

type InputProps = Common & InputHTMLAttributes<HTMLInputElement>;

export function TextField({
  label,
  hint,
  error,
  isOptional,
  mono,
  className,
  ...rest
}: InputProps) {
  return (
    <Frame label={label} hint={hint} error={error} isOptional={isOptional ?? false}>
      {({ id, describedBy }) => (
        <input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          className={clsx(CONTROL, "h-9", border(error), mono && "font-mono", className)}
          {...rest}
        />
      )}
    </Frame>
  );
}

type AreaProps = Common & TextareaHTMLAttributes<HTMLTextAreaElement>;

export function TextArea({ label, hint, error, isOptional, mono, className, ...rest }: AreaProps) {
  return (
    <Frame label={label} hint={hint} error={error} isOptional={isOptional ?? false}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          rows={3}
          spellCheck={false}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          className={clsx(
            CONTROL,
            "resize-y py-1.5",
            border(error),
            mono && "font-mono",
            className,
          )}
          {...rest}
        />
      )}
    </Frame>
  );
}

type SelectProps = Common & SelectHTMLAttributes<HTMLSelectElement>;

export function SelectField({
  label,
  hint,
  error,
  isOptional,
  mono,
  className,
  ...rest
}: SelectProps) {
  return (
    <Frame label={label} hint={hint} error={error} isOptional={isOptional ?? false}>
      {({ id, describedBy }) => (
        <select
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          className={clsx(CONTROL, "h-9", border(error), mono && "font-mono", className)}
          {...rest}
        />
      )}
    </Frame>
  );
}

function border(error: string | undefined): string {
  return error ? "border-error" : "border-border";
}
