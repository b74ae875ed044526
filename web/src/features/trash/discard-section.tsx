import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Form, fieldProblem } from "@/ui/form";
import { Section } from "@/ui/section";
import { type Thing, useDiscard } from "./trash";

interface Props {
  thing: Thing;
  onDiscarded: () => void;
}

/** Throws a project or a team away, once its name is typed. */
export function DiscardSection({ thing, onDiscarded }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const button = t(`trash.${thing.kind}.button`);
  return (
    <Section title={button}>
      <div className="flex flex-col items-start gap-3">
        <p className="text-muted">{t(`trash.${thing.kind}.text`)}</p>
        <Button look="danger" onClick={() => setOpen(true)}>
          <Trash2 size={14} aria-hidden />
          {button}
        </Button>
      </div>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t("trash.title", { name: thing.name })}
        text={t(`trash.${thing.kind}.text`)}
      >
        <DiscardForm
          thing={thing}
          submit={button}
          onCancel={() => setOpen(false)}
          onDiscarded={onDiscarded}
        />
      </Dialog>
    </Section>
  );
}

interface FormProps extends Props {
  submit: string;
  onCancel: () => void;
}

function DiscardForm({ thing, submit, onCancel, onDiscarded }: FormProps) {
  const { t } = useTranslation();
  const discard = useDiscard(thing);
  const [name, setName] = useState("");
  return (
    <Form
      error={discard.error}
      fields={["name"]}
      submit={submit}
      isBusy={discard.isPending || name.trim() !== thing.name}
      isDangerous
      onCancel={onCancel}
      onSubmit={() => discard.mutate(name.trim(), { onSuccess: onDiscarded })}
    >
      <TextField
        label={t("trash.typeName", { name: thing.name })}
        name="name"
        value={name}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setName(event.target.value)}
        error={fieldProblem(discard.error, "name")}
      />
    </Form>
  );
}
