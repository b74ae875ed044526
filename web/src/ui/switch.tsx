import { Switch as Radix } from "radix-ui";

interface Props {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, isOn, onChange, disabled = false }: Props) {
  return (
    <Radix.Root
      aria-label={label}
      checked={isOn}
      onCheckedChange={onChange}
      disabled={disabled}
      className="h-5 w-9 shrink-0 rounded-full border border-border-strong bg-canvas px-0.5 transition-colors disabled:opacity-55 data-[state=checked]:border-transparent data-[state=checked]:bg-accent-solid"
    >
      <Radix.Thumb className="block size-3.5 rounded-full bg-border-strong transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-white" />
    </Radix.Root>
  );
}
