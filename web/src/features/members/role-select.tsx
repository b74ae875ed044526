import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";

export const ROLES = ["owner", "developer", "reporter"] as const;

interface Props {
  label: string;
  value: Role | null | undefined;
  onChange: (role: Role) => void;
  disabled?: boolean;
}

export function RoleSelect({ label, value, onChange, disabled = false }: Props) {
  const { t } = useTranslation();
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value as Role)}
      className="h-7 rounded-md border border-border bg-raised px-1.5 text-xs hover:border-border-strong disabled:opacity-55"
    >
      {/* A role of a newer release. */}
      {!ROLES.some((role) => role === value) && <option value={value ?? ""}>—</option>}
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`projects.roles.${role}`)}
        </option>
      ))}
    </select>
  );
}
