import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import type { Server } from "@/api/types";
import { SelectField, TextField } from "@/ui/field";
import type { Wrong } from "./reached-by";

const ISOLATIONS = ["auto", "shared", "session"] as const;

interface Props {
  server: Server | undefined;
  problem: Problem | undefined;
  wrong: Wrong;
}

/** How long a call may take, how many may run at once, and who shares a connection. */
export function Limits({ server, problem, wrong }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label={t("servers.form.timeout")}
          name="timeout"
          inputMode="numeric"
          placeholder="60"
          defaultValue={server ? server.timeout_ms / 1_000 : undefined}
          error={wrong.timeout ?? problem?.field("timeout_ms")}
          isOptional
        />
        <TextField
          label={t("servers.detail.maxInFlight")}
          name="max_in_flight"
          inputMode="numeric"
          placeholder="64"
          defaultValue={server?.max_in_flight}
          error={wrong.maxInFlight ?? problem?.field("max_in_flight")}
          isOptional
        />
      </div>
      <SelectField
        label={t("servers.form.isolation")}
        name="isolation"
        defaultValue={server?.isolation ?? "auto"}
      >
        {ISOLATIONS.map((one) => (
          <option key={one} value={one}>
            {t(`servers.isolations.${one}`)}
          </option>
        ))}
      </SelectField>
    </>
  );
}
