import { useTranslation } from "react-i18next";
import { SelectField, TextArea, TextField } from "@/ui/field";
import type { SchemaField } from "./schema";

interface Props {
  field: SchemaField;
  text: string;
  isWrong: boolean;
  onChange: (text: string) => void;
}

/** One argument, in the control that suits its kind. */
export function ArgumentField({ field, text, isWrong, onChange }: Props) {
  const { t } = useTranslation();
  const { kind, choices, isRequired } = field;
  const error = t(`runTool.wrong.${kind === "number" || kind === "json" ? kind : "missing"}`);
  const common = {
    label: field.title,
    hint: field.description,
    isOptional: !isRequired,
    error: isWrong ? error : undefined,
    value: text,
    mono: true,
  };
  if (kind === "choice" || kind === "boolean") {
    const offered = kind === "boolean" ? ["true", "false"] : choices;
    return (
      <SelectField {...common} onChange={(event) => onChange(event.target.value)}>
        {(!isRequired || text === "") && <option value="">{t("runTool.leftOut")}</option>}
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </SelectField>
    );
  }
  if (kind === "number") {
    return (
      <TextField
        {...common}
        inputMode="decimal"
        autoComplete="off"
        placeholder={field.example}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <TextArea
      {...common}
      rows={kind === "text" ? 1 : 3}
      placeholder={field.example ?? (kind === "json" ? "[ ] { }" : undefined)}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
