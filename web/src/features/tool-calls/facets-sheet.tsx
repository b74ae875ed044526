import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FacetFields, type FacetsProps } from "./facets";

/** The facets where there is no room beside the list: they come up over it. */
export function FacetsSheet(props: FacetsProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <div className="lg:hidden">
      <Button className="h-9" onClick={() => setOpen(true)}>
        <SlidersHorizontal size={14} aria-hidden />
        {t("toolCalls.facets.open")}
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title={t("toolCalls.facets.label")} isSheet>
        <div className="-mx-3 flex min-h-0 flex-col overflow-y-auto">
          <FacetFields {...props} />
        </div>
        <Button look="solid" className="h-9 shrink-0" onClick={close}>
          {t("toolCalls.facets.done")}
        </Button>
      </Dialog>
    </div>
  );
}
