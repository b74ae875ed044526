import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import type { User } from "@/api/types";
import { formatDay } from "@/lib/time";
import { TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { Page } from "@/ui/page";
import { Fact, Facts, Section } from "@/ui/section";
import { SkeletonRows } from "@/ui/states";
import { DeleteAccount } from "./delete-account";
import { PasswordForm } from "./password-form";
import { Preferences } from "./preferences";
import { useRename } from "./profile";
import { WebSessions } from "./web-sessions";

interface Props {
  /** The account is gone. */
  onDeleted: () => void;
}

/** What a person sets for themselves. */
export function ProfilePage({ onDeleted }: Props) {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data;
  return (
    <Page title={t("profile.title")}>
      {!me && <SkeletonRows count={5} height={44} />}
      {me && (
        <>
          <Section title={t("profile.you")}>
            <div className="flex flex-col gap-4">
              <Facts>
                <Fact name={t("account.email")}>{me.email}</Fact>
                <Fact name={t("profile.since")}>{formatDay(me.created_at)}</Fact>
              </Facts>
              <NameForm key={me.name} me={me} />
            </div>
          </Section>
          <Section title={t("profile.preferences")}>
            <Preferences />
          </Section>
          <Section title={t("account.password")}>
            <PasswordForm email={me.email} />
          </Section>
          <Section title={t("profile.sessions.title")}>
            <WebSessions />
          </Section>
          <Section title={t("profile.delete.title")}>
            <DeleteAccount onDeleted={onDeleted} />
          </Section>
        </>
      )}
    </Page>
  );
}

function NameForm({ me }: { me: User }) {
  const { t } = useTranslation();
  const rename = useRename();
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
          autoComplete="name"
          defaultValue={me.name}
          required
          maxLength={100}
          error={fieldProblem(rename.error, "name")}
        />
      </Form>
    </div>
  );
}
