import { ArrowUp } from "lucide-react";
import { useTranslation } from "react-i18next";

interface Props {
  count: number;
  onShow: () => void;
}

/** Says how many calls came while the reader was further down, and leads to them. */
export function NewCallsPill({ count, onShow }: Props) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      className="absolute top-1 left-1/2 z-20 flex h-6 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent-solid px-3 font-semibold text-white text-xs shadow-pop hover:brightness-110"
    >
      <ArrowUp size={12} strokeWidth={3} aria-hidden />
      <span aria-live="polite">{t("toolCalls.newCalls", { count })}</span>
    </button>
  );
}
