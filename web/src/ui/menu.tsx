import { clsx } from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface Props {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
}

/** Not modal: a modal one locks scrolling with a <style> that our content security policy refuses. */
export function Menu({ trigger, children, align = "start" }: Props) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 max-w-80 overflow-y-auto rounded-lg border border-border bg-raised p-1 shadow-pop"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex min-h-8 cursor-pointer select-none items-center gap-2 rounded-md px-2 py-1 text-text outline-none data-highlighted:bg-hover";

interface ItemProps {
  children: ReactNode;
  onSelect?: () => void;
  asChild?: boolean;
  className?: string;
}

export function MenuItem({ children, onSelect, asChild = false, className }: ItemProps) {
  return (
    <Radix.Item
      asChild={asChild}
      className={clsx(ITEM, className)}
      {...(onSelect ? { onSelect } : {})}
    >
      {children}
    </Radix.Item>
  );
}

interface CheckProps {
  children: ReactNode;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  keepOpen?: boolean;
}

export function MenuCheck({ children, isChecked, onChange, keepOpen = false }: CheckProps) {
  return (
    <Radix.CheckboxItem
      checked={isChecked}
      onCheckedChange={onChange}
      onSelect={(event) => keepOpen && event.preventDefault()}
      className={ITEM}
    >
      <span
        aria-hidden
        className={clsx(
          "grid size-4 shrink-0 place-items-center rounded-sm border",
          isChecked ? "border-transparent bg-accent-solid text-white" : "border-border-strong",
        )}
      >
        {isChecked && <Check size={12} strokeWidth={3} />}
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-2xs text-faint">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-border-subtle" />;
}
