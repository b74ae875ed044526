import { useTranslation } from "react-i18next";
import { TextField } from "./field";
import { Form, fieldProblem, typed } from "./form";

interface Props {
  /** As it is now. */
  name: string;
  autoComplete?: string;
  /** The mutation that takes another one. */
  rename: { error: unknown; isPending: boolean; mutate: (name: string) => void };
}

/** Another name for something, in the page that shows it. */
export function NameForm({ name, autoComplete, rename }: Props) {
  const { t } = useTranslation();
  return (
    <div className="max-w-md">
      <Form
        error={rename.error}
        fields={["name"]}
        submit={t("words.save")}
        isBusy={rename.isPending}
        onSubmit={(form) => rename.mutate(typed(form, "name"))}
      >
        <TextField
          label={t("words.name")}
          name="name"
          autoComplete={autoComplete}
          defaultValue={name}
          required
          maxLength={100}
          error={fieldProblem(rename.error, "name")}
        />
      </Form>
    </div>
  );
}
