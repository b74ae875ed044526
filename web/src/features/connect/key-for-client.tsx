import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCreateApiKey } from "@/api/api-keys";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";

interface Props {
  project: string;
  /** What the client is called. */
  client: string;
  value: string;
  onKey: (key: string) => void;
}

/** The key that is put into the configuration: pasted, or made here. It stays on this page alone. */
export function KeyForClient({ project, client, value, onKey }: Props) {
  const { t } = useTranslation();
  const mayMake = useMay(project, "write_own_api_keys");
  const create = useCreateApiKey(project);
  const make = () => create.mutate({ name: client }, { onSuccess: ({ key }) => onKey(key) });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-60 flex-1">
          <TextField
            label={t("connect.key")}
            value={value}
            onChange={(event) => onKey(event.target.value.trim())}
            placeholder="mcporch_…"
            hint={t(create.isSuccess && value !== "" ? "connect.keyMade" : "connect.keyHint")}
            autoComplete="off"
            spellCheck={false}
            mono
          />
        </div>
        {mayMake && (
          <Button className="mt-5.5 h-9" disabled={create.isPending} onClick={make}>
            <KeyRound size={14} aria-hidden />
            {t("connect.makeKeyFor", { client })}
          </Button>
        )}
      </div>
      {create.isError && <ProblemView error={create.error} isInline />}
    </div>
  );
}
