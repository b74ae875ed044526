import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { Choice } from "@/ui/choice";

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
    <Choice
      label={label}
      value={value ?? ""}
      disabled={disabled}
      onChange={(role) => onChange(role as Role)}
    >
      {/* A role of a newer release. */}
      {!ROLES.some((role) => role === value) && <option value={value ?? ""}>—</option>}
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`projects.roles.${role}`)}
        </option>
      ))}
    </Choice>
  );
}
