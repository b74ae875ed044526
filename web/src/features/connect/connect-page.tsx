import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ExternalLink, KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { connectQuery } from "@/api/connect";
import { projectQuery } from "@/api/project";
import type { ClientConfiguration } from "@/api/types";
import { filledDeeplink, filledText } from "@/lib/clients";
import { buttonClass } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Page } from "@/ui/page";
import { ProblemView, Skeleton } from "@/ui/states";
import { Handshakes } from "./handshakes";
import { KeyForClient } from "./key-for-client";
import { NoServers } from "./no-servers";

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
          <NoServers project={project} />
          <CodeBlock code={url} label={t("connect.url")} />
          <Guides project={project} chosen={client} onChoose={onClient} />
          <Handshakes project={project} />
        </>
      )}
    </Page>
  );
}

interface GuidesProps {
  project: string;
  chosen: string | undefined;
  onChoose: (client: string) => void;
}

function Guides({ project, chosen, onChoose }: GuidesProps) {
  const { t } = useTranslation();
  const guides = useQuery(connectQuery(project));
  const [key, setKey] = useState("");
  const guide = guides.data?.find(({ client }) => client === chosen) ?? guides.data?.[0];
  if (guides.isError && !guide) {
    return <ProblemView error={guides.error} onRetry={() => void guides.refetch()} isInline />;
  }
  if (!guide) return <Skeleton className="h-60" />;
  const isGeneric = guide.client === "generic";
  const name = (of: ClientConfiguration) =>
    of.client === "generic" ? t("connect.generic") : of.title;
  return (
    <section aria-label={t("connect.choose")} className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-1.5">
        {guides.data?.map((one) => (
          <button
            key={one.client}
            type="button"
            aria-pressed={one === guide}
            onClick={() => onChoose(one.client)}
            className={clsx(
              "h-8 rounded-md border px-3 font-medium transition-colors",
              one === guide
                ? "border-accent bg-selected text-text"
                : "border-border text-muted hover:border-border-strong hover:text-text",
            )}
          >
            {name(one)}
          </button>
        ))}
      </div>
      {isGeneric && <p className="text-muted">{t("connect.genericHint")}</p>}
      <KeyForClient
        key={guide.client}
        project={project}
        client={name(guide)}
        value={key}
        onKey={setKey}
      />
      <Guide guide={guide} name={name(guide)} apiKey={key} />
    </section>
  );
}

interface GuideProps {
  guide: ClientConfiguration;
  name: string;
  /** Empty: none is there yet. */
  apiKey: string;
}

function Guide({ guide, name, apiKey }: GuideProps) {
  const { t } = useTranslation();
  const where = guide.file
    ? t("connect.whereFile", { file: guide.file })
    : t(guide.format === "shell" ? "connect.whereTerminal" : "connect.whereSettings");
  const deeplink = filledDeeplink(guide, apiKey);
  return (
    <>
      <CodeBlock
        code={filledText(guide, apiKey || guide.key_placeholder)}
        title={where}
        label={name}
      />
      {deeplink && apiKey !== "" && (
        <a href={deeplink} className={buttonClass("solid", "h-9 self-start")}>
          <ExternalLink size={14} aria-hidden />
          {t("connect.addTo", { client: name })}
        </a>
      )}
      {deeplink && apiKey === "" && (
        <p className="text-muted text-xs">{t("connect.addToHint", { client: name })}</p>
      )}
    </>
  );
}
