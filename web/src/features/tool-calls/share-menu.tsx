import { Download, Link2, Share } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toParams } from "@/features/call-filter/search";
import { stringifySearch } from "@/lib/search-params";
import { Button } from "@/ui/button";
import { copyText } from "@/ui/copy-button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { type CallsSearch, filterOf } from "./filter";

const FORMATS = ["ndjson", "csv"] as const;

interface Props {
  project: string;
  search: CallsSearch;
}

/** Takes what is shown elsewhere: as a link, or as a file with all of it. */
export function ShareMenu({ project, search }: Props) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const query = toParams(filterOf(search));
  const url = (format: string) =>
    `/api/v1/projects/${encodeURIComponent(project)}/tool-calls/export${stringifySearch({ ...query, format })}`;
  return (
    <Menu
      align="end"
      trigger={
        <Button>
          <Share size={13} aria-hidden />
          <span aria-live="polite" className="max-md:sr-only">
            {t(isCopied ? "words.copied" : "toolCalls.share.label")}
          </span>
        </Button>
      }
    >
      <MenuItem
        onSelect={() =>
          void copyText(window.location.href).then((isDone) => {
            setCopied(isDone);
            setTimeout(() => setCopied(false), 1_600);
          })
        }
      >
        <Link2 size={14} aria-hidden className="text-faint" />
        {t("toolCalls.drawer.copyLink")}
      </MenuItem>
      <MenuLine />
      {FORMATS.map((format) => (
        <MenuItem key={format} asChild>
          <a href={url(format)} download={`tool-calls.${format}`}>
            <Download size={14} aria-hidden className="text-faint" />
            {t(`toolCalls.share.${format}`)}
          </a>
        </MenuItem>
      ))}
    </Menu>
  );
}
