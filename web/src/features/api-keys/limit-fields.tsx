import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import type { ApiKey } from "@/api/types";
import { TextArea, TextField } from "@/ui/field";
import { SCOPES, type WrongLimit } from "./key-limits";

/** A colon would part the name of a text from that of its file. */
const SCOPE_TEXTS = {
  "project:read": "project_read",
  "tools:call": "tools_call",
  "logs:read": "logs_read",
  "logs:payloads": "logs_payloads",
} as const;

interface Props {
  apiKey?: ApiKey | undefined;
  problem: Problem | undefined;
  wrong: WrongLimit | undefined;
}

/** What a key may, from where, and how often. */
export function LimitFields({ apiKey, problem, wrong }: Props) {
  const { t } = useTranslation();
  const scopeProblem =
    wrong === "scopes" ? t("apiKeys.limits.scopesWrong") : problem?.field("scopes");
  return (
    <>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="pb-1.5 font-medium text-xs">{t("apiKeys.limits.scopes")}</legend>
        {SCOPES.map((scope) => (
          <label key={scope} className="flex items-start gap-2 text-xs">
            <input
              type="checkbox"
              name="scopes"
              value={scope}
              defaultChecked={apiKey === undefined || apiKey.scopes.includes(scope)}
              className="mt-0.5 size-3.5 accent-accent-solid"
            />
            <span>
              {t(`apiKeys.scopes.${SCOPE_TEXTS[scope]}`)}{" "}
              <code className="font-mono text-faint">{scope}</code>
            </span>
          </label>
        ))}
        {scopeProblem && (
          <p role="alert" className="text-error text-xs">
            {scopeProblem}
          </p>
        )}
      </fieldset>
      <TextArea
        label={t("apiKeys.limits.tools")}
        name="tools"
        rows={2}
        placeholder={"github/*\n*/search"}
        hint={t("apiKeys.limits.toolsHint")}
        defaultValue={apiKey?.tools?.join("\n")}
        error={problem?.field("tools")}
        isOptional
        mono
      />
      <TextArea
        label={t("apiKeys.limits.ranges")}
        name="ip_ranges"
        rows={2}
        placeholder={"10.0.0.0/8\n2001:db8::/32"}
        hint={t("apiKeys.limits.rangesHint")}
        defaultValue={apiKey?.ip_ranges.join("\n")}
        error={problem?.field("ip_ranges")}
        isOptional
        mono
      />
      <TextField
        label={t("apiKeys.limits.rate")}
        name="rate"
        inputMode="numeric"
        hint={t("apiKeys.limits.rateHint")}
        defaultValue={apiKey?.rate_limit_per_minute ?? undefined}
        error={
          wrong === "rate" ? t("apiKeys.limits.rateWrong") : problem?.field("rate_limit_per_minute")
        }
        isOptional
      />
    </>
  );
}
