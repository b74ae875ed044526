import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { parseSpan } from "@/lib/duration";
import { formatTyped, parseMoment } from "@/lib/time";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import type { CallFilter } from "./search";

interface Props {
  search: CallFilter;
  onChoose: (range: { last: string } | { from: string; to?: string }) => void;
}

type Wrong = "from" | "to" | undefined;

/** A span such as `3h`, or two moments; without an end it goes on to now. */
export function TypedRange({ search, onChoose }: Props) {
  const { t } = useTranslation();
  const [wrong, setWrong] = useState<Wrong>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name)).trim();
    const first = text("from");
    if (parseSpan(first)) return onChoose({ last: first });
    const from = parseMoment(first);
    const to = text("to") === "" ? undefined : parseMoment(text("to"));
    if (!from) return setWrong("from");
    if (text("to") !== "" && (!to || to <= from)) return setWrong("to");
    onChoose(to ? { from, to } : { from });
  };
  return (
    <form onSubmit={submit} className="mt-1 flex flex-col gap-2 border-border-subtle border-t p-2">
      <TextField
        label={t("range.from")}
        hint={t("range.fromHint")}
        error={wrong === "from" ? t("range.fromWrong") : undefined}
        name="from"
        defaultValue={search.from ? formatTyped(search.from) : (search.last ?? "")}
        mono
        autoComplete="off"
        onChange={() => setWrong(undefined)}
      />
      <TextField
        label={t("range.to")}
        error={wrong === "to" ? t("range.toWrong") : undefined}
        name="to"
        defaultValue={search.to ? formatTyped(search.to) : ""}
        placeholder={t("range.now")}
        mono
        autoComplete="off"
        onChange={() => setWrong(undefined)}
      />
      <Button type="submit">{t("range.apply")}</Button>
    </form>
  );
}
