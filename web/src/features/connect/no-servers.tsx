import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { serversQuery } from "@/api/servers";
import { buttonClass } from "@/ui/button";

/** Says that a client would find no tools, where that is so. */
export function NoServers({ project }: { project: string }) {
  const { t } = useTranslation();
  if (useQuery(serversQuery(project)).data?.length !== 0) return null;
  return (
    <div className="flex w-full flex-wrap items-center justify-between gap-3 rounded-lg border border-timeout/50 bg-timeout/5 px-4 py-3 text-left">
      <p>{t("connect.noServers")}</p>
      <Link to="/projects/$project/servers" params={{ project }} className={buttonClass("solid")}>
        {t("connect.addServer")}
      </Link>
    </div>
  );
}
