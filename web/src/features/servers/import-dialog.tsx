import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { TextArea } from "@/ui/field";
import { Form, typed } from "@/ui/form";
import { ProblemView } from "@/ui/states";
import { ImportPreview } from "./import-preview";
import { ImportResult } from "./import-result";
import { type Config, type NoConfig, pick, readConfig } from "./read-config";
import { useImport } from "./servers";

interface Props {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Takes over the servers of a client's configuration: paste, look, add. */
export function ImportDialog({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={t("servers.import.title")}
      text={t("servers.import.text")}
    >
      <Steps project={project} onClose={onClose} />
    </Dialog>
  );
}

interface Seen {
  config: Config;
  preview: Import;
}

function Steps({ project, onClose }: Omit<Props, "isOpen">) {
  const preview = useImport(project, "preview");
  const add = useImport(project, "add");
  const [seen, setSeen] = useState<Seen>();
  const [text, setText] = useState("");
  if (add.data) return <ImportResult project={project} result={add.data} onClose={onClose} />;
  if (!seen) {
    return (
      <PasteForm
        text={text}
        error={preview.error}
        isBusy={preview.isPending}
        onClose={onClose}
        onConfig={(config, pasted) => {
          setText(pasted);
          preview.mutate(config, { onSuccess: (data) => setSeen({ config, preview: data }) });
        }}
      />
    );
  }
  return (
    <>
      <ImportPreview
        preview={seen.preview}
        isBusy={add.isPending}
        onBack={() => {
          add.reset();
          setSeen(undefined);
        }}
        onAdd={(names) => add.mutate(pick(seen.config, names))}
      />
      {add.error && <ProblemView error={add.error} isInline />}
    </>
  );
}

interface PasteProps {
  text: string;
  error: unknown;
  isBusy: boolean;
  onConfig: (config: Config, text: string) => void;
  onClose: () => void;
}

const EXAMPLE = `{
  "mcpServers": {
    "github": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-github"] }
  }
}`;

function PasteForm({ text, error, isBusy, onConfig, onClose }: PasteProps) {
  const { t } = useTranslation();
  const [wrong, setWrong] = useState<NoConfig>();
  const submit = (form: FormData) => {
    const pasted = typed(form, "config");
    const config = readConfig(pasted);
    if (typeof config === "string") return setWrong(config);
    setWrong(undefined);
    onConfig(config, pasted);
  };
  return (
    <Form
      error={error}
      fields={[]}
      submit={t("servers.import.look")}
      isBusy={isBusy}
      onCancel={onClose}
      onSubmit={submit}
    >
      <TextArea
        label={t("servers.import.config")}
        name="config"
        rows={12}
        mono
        required
        autoFocus
        placeholder={EXAMPLE}
        defaultValue={text}
        hint={t("servers.import.where")}
        error={wrong && t(`servers.import.${wrong}`)}
        onChange={() => setWrong(undefined)}
      />
    </Form>
  );
}
