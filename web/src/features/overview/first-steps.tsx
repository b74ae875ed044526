import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import { apiKeysQuery } from "@/api/api-keys";
import { useHasCalls } from "@/api/has-calls";
import { serversQuery } from "@/api/servers";
import { newestSessionsQuery } from "@/api/sessions";

const PAGES = {
  server: "/projects/$project/servers",
  key: "/projects/$project/api-keys",
  client: "/projects/$project/connect",
  call: "/projects/$project/tool-calls",
} as const;

const STEPS = ["server", "key", "client", "call"] as const;

/** What is left to do before calls arrive; nothing once they do. */
export function FirstSteps({ project }: { project: string }) {
  const { t } = useTranslation();
  const hasCalls = useHasCalls(project);
  const isNew = hasCalls === false;
  const servers = useQuery({ ...serversQuery(project), enabled: isNew }).data;
  const keys = useQuery({ ...apiKeysQuery(project), enabled: isNew }).data;
  const sessions = useQuery({ ...newestSessionsQuery(project), enabled: isNew }).data;
  if (!isNew) return null;
  const done = {
    server: Boolean(servers?.length),
    key: Boolean(keys?.some((key) => key.revoked_at === null)),
    client: Boolean(sessions?.length),
    call: false,
  };
  const next = STEPS.find((step) => !done[step]);
  return (
    <section className="rounded-lg border border-border">
      <h2 className="border-border-subtle border-b px-4 py-2.5 font-semibold">
        {t("overview.steps.title")}
      </h2>
      <ol className="divide-y divide-border-subtle">
        {STEPS.map((step, index) => (
          <li key={step} className="relative flex items-start gap-3 px-4 py-3 hover:bg-hover">
            <span
              aria-hidden
              className={clsx(
                "tabular mt-px grid size-5 shrink-0 place-items-center rounded-full border font-semibold text-2xs",
                done[step] && "border-transparent bg-accent-solid text-white",
                !done[step] &&
                  (step === next ? "border-accent text-accent" : "border-border text-muted"),
              )}
            >
              {done[step] ? <Check size={12} strokeWidth={3} /> : index + 1}
            </span>
            <div className="flex min-w-0 flex-col">
              <Link
                to={PAGES[step]}
                params={{ project }}
                className={clsx(
                  "font-semibold after:absolute after:inset-0",
                  done[step] && "text-muted line-through",
                )}
              >
                {t(`overview.steps.${step}`)}
                {done[step] && <span className="sr-only"> {t("overview.steps.done")}</span>}
              </Link>
              <span className="text-muted text-xs">{t(`overview.steps.${step}Text`)}</span>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
