import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/api/me";
import { formatDay } from "@/lib/time";
import { NameForm } from "@/ui/name-form";
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
  const rename = useRename();
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
              <NameForm key={me.name} name={me.name} autoComplete="name" rename={rename} />
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
