import { Download, Link2, Share } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { copyText } from "@/ui/copy-button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { FORMATS, useExport } from "./export";
import { ExportProgress } from "./export-progress";
import type { CallsSearch } from "./filter";

interface Props {
  project: string;
  search: CallsSearch;
}

/** Takes what is shown elsewhere: as a link, or as a file with all of it. */
export function ShareMenu({ project, search }: Props) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const { current, start, cancel } = useExport(project);
  return (
    <>
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
          <MenuItem key={format} onSelect={() => void start(search, format)}>
            <Download size={14} aria-hidden className="text-faint" />
            {t(`toolCalls.share.${format}`)}
          </MenuItem>
        ))}
      </Menu>
      <ExportProgress of={current} onCancel={cancel} />
    </>
  );
}
