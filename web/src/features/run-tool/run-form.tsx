import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Json, printJson } from "@/lib/json";
import { Button } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { ArgumentField } from "./argument-field";
import { asTyped, fieldsOf, readArguments, readTyped, type SchemaField } from "./schema";

interface Props {
  schema: Json | undefined;
  /** What stands in the form at first. */
  given?: Record<string, Json> | undefined;
  isBusy: boolean;
  onRun: (given: Record<string, Json>) => void;
}

/** Asks for the arguments of a tool, as its schema describes them or as JSON. */
export function RunForm({ schema, given, isBusy, onRun }: Props) {
  const { t } = useTranslation();
  const fields = fieldsOf(schema);
  const [texts, setTexts] = useState(() => textsOf(fields, given));
  const fits = Object.keys(given ?? {}).every((name) => fields.some((one) => one.name === name));
  const [json, setJson] = useState<string | undefined>(() =>
    fields.length === 0 || !fits ? printJson(given ?? {}) : undefined,
  );
  const [wrong, setWrong] = useState<ReadonlySet<string>>(new Set());

  const change = (name: string, text: string) => {
    setTexts({ ...texts, [name]: text });
    setWrong(new Set([...wrong].filter((one) => one !== name)));
  };
  const toJson = () => setJson(printJson(collect(fields, texts).values));
  const toForm = () => {
    const read = readArguments(json ?? "");
    if (!read) return setWrong(new Set(["json"]));
    setTexts(textsOf(fields, read));
    setJson(undefined);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (json !== undefined) {
      const read = readArguments(json);
      if (read) onRun(read);
      else setWrong(new Set(["json"]));
      return;
    }
    const collected = collect(fields, texts);
    setWrong(collected.wrong);
    if (collected.wrong.size === 0) onRun(collected.values);
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-3.5">
      {json === undefined ? (
        fields.map((field) => (
          <ArgumentField
            key={field.name}
            field={field}
            text={texts[field.name] ?? ""}
            isWrong={wrong.has(field.name)}
            onChange={(text) => change(field.name, text)}
          />
        ))
      ) : (
        <TextArea
          label={t("runTool.json")}
          error={wrong.has("json") ? t("runTool.jsonWrong") : undefined}
          mono
          rows={8}
          value={json}
          onChange={(event) => {
            setJson(event.target.value);
            setWrong(new Set());
          }}
        />
      )}
      <div className="flex items-center justify-between gap-2">
        {fields.length > 0 ? (
          <Button look="bare" onClick={json === undefined ? toJson : toForm}>
            {t(json === undefined ? "runTool.toJson" : "runTool.toForm")}
          </Button>
        ) : (
          <span />
        )}
        <Button type="submit" look="solid" disabled={isBusy}>
          {t(isBusy ? "runTool.running" : "runTool.run")}
        </Button>
      </div>
    </form>
  );
}

function textsOf(fields: SchemaField[], given: Record<string, Json> | undefined) {
  const texts: Record<string, string> = {};
  for (const { name, kind, initial } of fields) {
    const value = given?.[name];
    texts[name] = given ? (value === undefined ? "" : asTyped(kind, value)) : initial;
  }
  return texts;
}

function collect(fields: SchemaField[], texts: Record<string, string>) {
  const values: Record<string, Json> = {};
  const wrong = new Set<string>();
  for (const field of fields) {
    const read = readTyped(field, texts[field.name] ?? "");
    if ("isWrong" in read) wrong.add(field.name);
    else if (read.value !== undefined) values[field.name] = read.value;
  }
  return { values, wrong };
}
