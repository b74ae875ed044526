import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ArrowDown, ArrowRight, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CallFilter } from "@/features/call-filter/search";
import { type Change, changeOf, isWelcome } from "./compare";

interface Props {
  project: string;
  name: string;
  now: number | null | undefined;
  before: number | null | undefined;
  format: (value: number) => string;
  /** Which change is good news; absent: neither. */
  better?: "up" | "down";
  /** The calls behind the number. */
  search: CallFilter;
  children?: ReactNode;
}

/** One number, beside that of the period before; leads to the calls behind it. */
export function Figure(props: Props) {
  const { project, name, now, before, format, better, search, children } = props;
  const { t } = useTranslation();
  return (
    <Link
      to="/projects/$project/tool-calls"
      params={{ project }}
      search={search}
      className="flex min-w-0 flex-col gap-1 rounded-lg border border-border bg-raised px-3.5 py-3 hover:border-border-strong hover:bg-hover"
    >
      <span className="truncate text-muted text-xs">{name}</span>
      {children ?? (
        <span className="tabular truncate font-semibold text-lg leading-7">{shown(now)}</span>
      )}
      <span className="tabular mt-auto flex flex-wrap items-center gap-x-1.5 text-xs">
        <ChangeMark change={changeOf(now, before)} better={better} />
        <span className="truncate text-faint">{t("metrics.before", { value: shown(before) })}</span>
      </span>
    </Link>
  );

  function shown(value: number | null | undefined): string {
    return value === null || value === undefined ? "—" : format(value);
  }
}

const ARROWS = { up: ArrowUp, down: ArrowDown, same: ArrowRight };

interface MarkProps {
  change: Change | undefined;
  better?: "up" | "down" | undefined;
}

/** By how much something changed: an arrow and a share, the colour only beside them. */
export function ChangeMark({ change, better }: MarkProps) {
  const { i18n } = useTranslation();
  if (!change || (change.ratio === undefined && change.direction === "same")) return null;
  const Arrow = ARROWS[change.direction];
  const welcome = isWelcome(change, better);
  const ratio = change.ratio;
  return (
    <span
      className={clsx(
        "flex items-center gap-0.5 font-medium",
        welcome === undefined ? "text-muted" : welcome ? "text-success" : "text-error",
      )}
    >
      <Arrow size={12} aria-hidden />
      {ratio !== undefined &&
        new Intl.NumberFormat(i18n.language, {
          style: "percent",
          signDisplay: "exceptZero",
          maximumFractionDigits: Math.abs(ratio) < 0.1 ? 1 : 0,
        }).format(ratio)}
    </span>
  );
}
