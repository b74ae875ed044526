import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ExternalLink, KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { CLIENT_GUIDES, type ClientGuide, type Target } from "@/lib/clients";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Page } from "@/ui/page";
import { ProblemView, Skeleton } from "@/ui/states";
import { Handshakes } from "./handshakes";
import { KeyForClient } from "./key-for-client";

interface Props {
  project: string;
  /** Which client's configuration is shown; stands in the address. */
  client: string | undefined;
  onClient: (client: string) => void;
}

export function ConnectPage({ project, client, onClient }: Props) {
  const { t } = useTranslation();
  const found = useQuery(projectQuery(project));
  const url = found.data?.mcp_url;
  return (
    <Page
      title={t("connect.title")}
      actions={
        <Link to="/projects/$project/api-keys" params={{ project }} className={buttonClass()}>
          <KeyRound size={14} aria-hidden />
          {t("connect.makeKey")}
        </Link>
      }
    >
      <p className="text-muted">{t("connect.text")}</p>
      {found.isPending && <Skeleton className="h-24" />}
      {found.isError && <ProblemView error={found.error} onRetry={() => void found.refetch()} />}
      {url && (
        <>
          <CodeBlock code={url} label={t("connect.url")} />
          <Guides project={project} url={url} chosen={client} onChoose={onClient} />
          <Handshakes project={project} />
          <section className="flex flex-col gap-2">
            <h2 className="font-semibold">{t("connect.generic")}</h2>
            <p className="text-muted">{t("connect.genericHint")}</p>
            <CodeBlock
              code={`Authorization: Bearer ${t("connect.placeholderKey")}`}
              label={t("connect.generic")}
            />
          </section>
        </>
      )}
    </Page>
  );
}

interface GuidesProps {
  project: string;
  url: string;
  chosen: string | undefined;
  onChoose: (client: string) => void;
}

function Guides({ project, url, chosen, onChoose }: GuidesProps) {
  const { t } = useTranslation();
  const [key, setKey] = useState("");
  const guide = CLIENT_GUIDES.find(({ id }) => id === chosen) ?? (CLIENT_GUIDES[0] as ClientGuide);
  const target: Target = { name: project, url, key: key || t("connect.placeholderKey") };
  const where = guide.file
    ? t("connect.whereFile", { file: guide.file })
    : t("connect.whereTerminal");
  return (
    <section aria-label={t("connect.choose")} className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-1.5">
        {CLIENT_GUIDES.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === guide.id}
            onClick={() => onChoose(id)}
            className={clsx(
              "h-8 rounded-md border px-3 font-medium transition-colors",
              id === guide.id
                ? "border-accent bg-selected text-text"
                : "border-border text-muted hover:border-border-strong hover:text-text",
            )}
          >
            {label}
          </button>
        ))}
      </div>
      <KeyForClient
        key={guide.id}
        project={project}
        client={guide.label}
        value={key}
        onKey={setKey}
      />
      <CodeBlock code={guide.text(target)} title={where} label={guide.label} />
      {guide.deeplink && key !== "" && (
        <a href={guide.deeplink(target)} className={buttonClass("solid", "h-9 self-start")}>
          <ExternalLink size={14} aria-hidden />
          {t("connect.addTo", { client: guide.label })}
        </a>
      )}
      {guide.deeplink && key === "" && (
        <p className="text-muted text-xs">{t("connect.addToHint", { client: guide.label })}</p>
      )}
    </section>
  );
}
