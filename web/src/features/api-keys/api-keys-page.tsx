import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiKeysQuery } from "@/api/api-keys";
import { useMay } from "@/api/permissions";
import type { ApiKey } from "@/api/types";
import { formatDay, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Page } from "@/ui/page";
import { EmptyState, ProblemView, SkeletonRows } from "@/ui/states";
import { keyState, useRevokeApiKey } from "./api-keys";
import { CreateApiKeyDialog } from "./create-dialog";
import { EditApiKeyDialog } from "./edit-dialog";
import { isLimited, SCOPES } from "./key-limits";

export function ApiKeysPage({ project }: { project: string }) {
  const { t } = useTranslation();
  const keys = useQuery(apiKeysQuery(project));
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const [editing, setEditing] = useState<ApiKey>();
  const mayMake = useMay(project, "write_own_api_keys");
  const create = mayMake ? (
    <Button look="solid" onClick={() => setCreating(true)}>
      <Plus size={14} aria-hidden />
      {t("apiKeys.new")}
    </Button>
  ) : null;
  return (
    <Page title={t("apiKeys.title")} actions={create}>
      <p className="text-muted">{t("apiKeys.text")}</p>
      {keys.isPending && <SkeletonRows count={4} height={52} />}
      {keys.isError && <ProblemView error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <EmptyState
          icon={<KeyRound size={28} aria-hidden />}
          title={t("apiKeys.emptyTitle")}
          text={t("apiKeys.empty")}
        >
          {create}
        </EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <ul className="divide-y divide-border-subtle rounded-lg border border-border">
          {keys.data.map((key) => (
            <KeyItem
              key={key.id}
              apiKey={key}
              onEdit={() => setEditing(key)}
              onRevoke={() => setRevoking(key)}
            />
          ))}
        </ul>
      )}
      <CreateApiKeyDialog
        project={project}
        isOpen={isCreating}
        onClose={() => setCreating(false)}
      />
      <EditApiKeyDialog project={project} apiKey={editing} onClose={() => setEditing(undefined)} />
      <RevokeDialog project={project} apiKey={revoking} onClose={() => setRevoking(undefined)} />
    </Page>
  );
}

interface ItemProps {
  apiKey: ApiKey;
  onEdit: () => void;
  onRevoke: () => void;
}

function KeyItem({ apiKey, onEdit, onRevoke }: ItemProps) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const state = keyState(apiKey, now);
  const { expires_at: expiresAt } = apiKey;
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3">
      <div className="flex min-w-48 flex-1 flex-col gap-0.5">
        <span className={clsx("truncate font-semibold", state !== "active" && "text-muted")}>
          {apiKey.name}
        </span>
        <code className="font-mono text-muted text-xs">{apiKey.prefix}…</code>
        {isLimited(apiKey) && <LimitsOf apiKey={apiKey} />}
      </div>
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
        <div>
          <dt className="text-faint">{t("apiKeys.columns.lastUsed")}</dt>
          <dd className="text-muted" title={apiKey.last_used_ip ?? undefined}>
            {apiKey.last_used_at
              ? formatRelative(apiKey.last_used_at, now, i18n.language)
              : t("words.never")}
          </dd>
        </div>
        <div>
          <dt className="text-faint">{t("apiKeys.columns.created")}</dt>
          <dd className="text-muted">{formatDay(apiKey.created_at)}</dd>
        </div>
        <div>
          <dt className="text-faint">{t("apiKeys.columns.expires")}</dt>
          <dd className="text-muted" title={expiresAt ? formatDay(expiresAt) : undefined}>
            {expiresAt ? formatRelative(expiresAt, now, i18n.language) : t("words.never")}
          </dd>
        </div>
      </dl>
      <div className="flex items-center gap-2 md:w-36 md:justify-end">
        {state === "active" && (
          <Button aria-label={t("apiKeys.edit.label", { name: apiKey.name })} onClick={onEdit}>
            {t("apiKeys.edit.button")}
          </Button>
        )}
        {state === "active" ? (
          <Button
            look="danger"
            aria-label={t("apiKeys.revoke.label", { name: apiKey.name })}
            onClick={onRevoke}
          >
            {t("apiKeys.revoke.button")}
          </Button>
        ) : (
          <span className="text-muted text-xs">{t(`apiKeys.${state}`)}</span>
        )}
      </div>
    </li>
  );
}

/** What a key is held to. */
function LimitsOf({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const { scopes, tools, ip_ranges: ranges, rate_limit_per_minute: rate } = apiKey;
  const parts = [
    scopes.length < SCOPES.length && scopes.join(", "),
    tools?.join(", "),
    ranges.join(", "),
    rate !== null && t("apiKeys.limits.perMinute", { count: rate }),
  ];
  return (
    <span className="break-words font-mono text-faint text-xs [overflow-wrap:anywhere]">
      {parts.filter(Boolean).join(" · ")}
    </span>
  );
}

interface RevokeProps {
  project: string;
  apiKey: ApiKey | undefined;
  onClose: () => void;
}

function RevokeDialog({ project, apiKey, onClose }: RevokeProps) {
  const { t } = useTranslation();
  const revoke = useRevokeApiKey(project);
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <ConfirmDialog
      isOpen={apiKey !== undefined}
      onClose={close}
      title={t("apiKeys.revoke.title", { name: apiKey?.name })}
      text={t("apiKeys.revoke.text")}
      confirm={t("apiKeys.revoke.confirm")}
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => apiKey && revoke.mutate(apiKey, { onSuccess: close })}
    />
  );
}
