import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatCount } from "@/lib/numbers";
import { Fact, Facts, Section } from "@/ui/section";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { systemQuery } from "./administration";
import { AdministrationFrame } from "./frame";

const COUNTS = [
  "users",
  "active_users",
  "teams",
  "projects",
  "servers",
  "live_api_keys",
  "activities",
] as const;

/** How the deployment stands. */
export function SystemPage() {
  const { t, i18n } = useTranslation();
  const system = useQuery(systemQuery);
  const { data } = system;
  return (
    <AdministrationFrame>
      {system.isPending && <SkeletonRows count={8} height={32} />}
      {system.isError && !data && (
        <ProblemView error={system.error} onRetry={() => void system.refetch()} />
      )}
      {data && (
        <>
          <Section title={t("administration.system.deployment")}>
            <Facts>
              <Fact name={t("administration.system.version")}>{data.version}</Fact>
              <Fact name={t("administration.system.database")}>{data.database}</Fact>
              <Fact name={t("administration.system.signUp")}>
                {t(`administration.system.signUps.${data.sign_up}`, {
                  defaultValue: data.sign_up,
                })}
              </Fact>
              <Fact name={t("administration.system.secretsKey")}>{data.secrets_key_id}</Fact>
            </Facts>
          </Section>
          <Section title={t("administration.system.counts")}>
            <Facts>
              {COUNTS.map((name) => (
                <Fact key={name} name={t(`administration.system.of.${name}`)}>
                  {formatCount(data[name], i18n.language)}
                </Fact>
              ))}
            </Facts>
          </Section>
        </>
      )}
    </AdministrationFrame>
  );
}
