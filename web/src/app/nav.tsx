import { Link } from "@tanstack/react-router";
import { KeyRound, PlugZap, ScrollText, Server } from "lucide-react";
import { useTranslation } from "react-i18next";

const ITEM =
  "flex h-8 items-center gap-2.5 rounded-md px-2 font-medium text-muted transition-colors hover:bg-hover hover:text-text md:h-7 aria-[current=page]:bg-hover aria-[current=page]:text-text";

/** The pages of one project. */
export function ProjectNav({ project }: { project: string }) {
  const { t } = useTranslation();
  const params = { project };
  return (
    <nav aria-label={t("shell.navigation")} className="flex flex-col gap-px">
      <Link to="/projects/$project/tool-calls" params={params} className={ITEM}>
        <ScrollText size={15} aria-hidden />
        {t("shell.pages.toolCalls")}
      </Link>
      <p className="px-2 pt-4 pb-1.5 text-2xs text-faint">{t("shell.projectGroup")}</p>
      <Link to="/projects/$project/servers" params={params} className={ITEM}>
        <Server size={15} aria-hidden />
        {t("shell.pages.servers")}
      </Link>
      <Link to="/projects/$project/connect" params={params} className={ITEM}>
        <PlugZap size={15} aria-hidden />
        {t("shell.pages.connect")}
      </Link>
      <Link to="/projects/$project/api-keys" params={params} className={ITEM}>
        <KeyRound size={15} aria-hidden />
        {t("shell.pages.apiKeys")}
      </Link>
    </nav>
  );
}
