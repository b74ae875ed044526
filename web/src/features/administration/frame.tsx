import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Page, TAB, Tabs } from "@/ui/page";

const TABS = [
  ["/administration", "users"],
  ["/administration/teams", "teams"],
  ["/administration/projects", "projects"],
  ["/administration/api-keys", "apiKeys"],
  ["/administration/activity", "activity"],
  ["/administration/system", "system"],
] as const;

/** What the pages of the administration have in common. */
export function AdministrationFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Page
      title={t("administration.title")}
      tabs={
        <Tabs label={t("administration.title")}>
          {TABS.map(([to, name]) => (
            <Link
              key={to}
              to={to}
              search={{}}
              activeOptions={{ exact: true, includeSearch: false }}
              className={TAB}
            >
              {t(`administration.tabs.${name}`)}
            </Link>
          ))}
        </Tabs>
      }
    >
      {children}
    </Page>
  );
}
