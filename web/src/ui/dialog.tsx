import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  text?: ReactNode;
  children: ReactNode;
  /** A dialog that shows what cannot be shown again closes by its own button only. */
  isSticky?: boolean;
  /** Comes up from the lower edge, as wide as the screen. */
  isSheet?: boolean;
}

const FRAME =
  "fixed z-50 flex flex-col gap-4 overflow-y-auto border border-border bg-surface p-5 shadow-pop outline-none";
const CENTRED =
  "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-lg";
const SHEET = "inset-x-0 bottom-0 max-h-[85dvh] rounded-t-lg";

export function Dialog(props: Props) {
  const { isOpen, onClose, title, text, children, isSticky = false, isSheet = false } = props;
  const { t } = useTranslation();
  const stay = (event: Event) => {
    if (isSticky) event.preventDefault();
  };
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        {/* A plain layer: Radix's own overlay writes a <style>, which our content security policy refuses. */}
        <div className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onEscapeKeyDown={stay}
          onPointerDownOutside={stay}
          {...(text ? {} : { "aria-describedby": undefined })}
          className={clsx(FRAME, isSheet ? SHEET : CENTRED)}
        >
          <div className="flex items-start justify-between gap-4">
            <div className="flex flex-col gap-1">
              <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
              {text && <Radix.Description className="text-muted">{text}</Radix.Description>}
            </div>
            {!isSticky && (
              <IconButton label={t("words.close")} onClick={onClose}>
                <X size={16} aria-hidden />
              </IconButton>
            )}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
