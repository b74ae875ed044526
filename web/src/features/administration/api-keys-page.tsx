import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AnyApiKey } from "@/api/types";
import { keyState } from "@/features/api-keys/api-keys";
import { formatDay, formatRelative } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { useApiKeys, useRevokeAnyApiKey } from "./administration";
import { AdministrationFrame } from "./frame";
import { Figures, Named, Rows } from "./rows";

/** Every key, with a way to end one that is in wrong hands. */
export function ApiKeysPage() {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const keys = useApiKeys();
  const revoke = useRevokeAnyApiKey();
  const [asked, setAsked] = useState<AnyApiKey>();
  const close = () => {
    revoke.reset();
    setAsked(undefined);
  };
  return (
    <AdministrationFrame>
      <p className="text-muted">{t("administration.apiKeys.text")}</p>
      <Rows of={keys} empty={t("administration.apiKeys.none")}>
        {(key) => {
          const { name, last_used_at: used } = key;
          const state = keyState(key, now);
          return (
            <>
              <Named
                name={name}
                below={
                  <>
                    {key.project_slug} · {key.created_by_email} ·{" "}
                    <code className="font-mono">{key.prefix}…</code>
                  </>
                }
              />
              <Figures
                of={[
                  [
                    t("apiKeys.columns.lastUsed"),
                    used ? formatRelative(used, now, i18n.language) : t("words.never"),
                  ],
                  [t("administration.since"), formatDay(key.created_at)],
                ]}
              />
              {state === "active" ? (
                <Button
                  look="danger"
                  aria-label={t("apiKeys.revoke.label", { name })}
                  onClick={() => setAsked(key)}
                >
                  {t("apiKeys.revoke.button")}
                </Button>
              ) : (
                <span className="text-muted text-xs">{t(`apiKeys.${state}`)}</span>
              )}
            </>
          );
        }}
      </Rows>
      <ConfirmDialog
        isOpen={asked !== undefined}
        onClose={close}
        title={t("apiKeys.revoke.title", { name: asked?.name })}
        text={t("apiKeys.revoke.text")}
        confirm={t("apiKeys.revoke.confirm")}
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => asked && revoke.mutate(asked, { onSuccess: close })}
      />
    </AdministrationFrame>
  );
}
