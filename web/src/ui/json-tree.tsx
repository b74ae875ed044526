import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { ChevronDown, ChevronRight, Filter } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useT } from "@/i18n/language";
import type { Json } from "@/lib/json";
import { type JsonKind, type JsonLine, jsonLines } from "@/lib/json-lines";
import type { JsonMatch } from "@/lib/json-search";

const COLOURS: Record<JsonKind, string> = {
  string: "text-json-string",
  number: "text-json-number",
  bool: "text-json-bool",
  null: "text-json-null",
  open: "text-json-punct",
  close: "text-json-punct",
};

/** Above so many lines only those on the screen are drawn, each one line high. */
const PLAIN_LINES = 300;
const LINE_HEIGHT = 20;
const NEAREST = { block: "nearest" } as const;

interface Props {
  value: Json;
  label: string;
  /** Called with the path and the text of a value that is chosen. */
  onValue?: ((path: string, text: string) => void) | undefined;
  /** What is shown of a search: in sight, and opened where it was closed. */
  match?: JsonMatch | undefined;
}

/** A JSON value whose objects and lists open and close. */
export function JsonTree({ value, label, onValue, match }: Props) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => jsonLines(value, toggled, match?.parents), [value, toggled, match]);
  const toggle = (path: string) => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
  };
  const shared = { lines, onToggle: toggle, onValue, markedPath: match?.path };
  if (lines.length > PLAIN_LINES) return <ManyLines label={label} {...shared} />;
  return <FewLines {...shared} />;
}

interface LinesProps {
  lines: JsonLine[];
  onToggle: (path: string) => void;
  onValue: Props["onValue"];
  markedPath: string | undefined;
}

function FewLines({ lines, onToggle, onValue, markedPath }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (markedPath) box.current?.querySelector("[data-marked]")?.scrollIntoView(NEAREST);
  }, [markedPath]);
  return (
    <div ref={box} className="p-2.5 font-mono text-xs leading-5">
      {lines.map((line) => (
        <Line
          key={line.path}
          line={line}
          isMarked={line.path === markedPath}
          onToggle={onToggle}
          onValue={onValue}
          className="break-words [overflow-wrap:anywhere]"
        />
      ))}
    </div>
  );
}

function ManyLines(props: LinesProps & { label: string }) {
  const { lines, label, onToggle, onValue, markedPath } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const markedAt = markedPath ? lines.findIndex(({ path }) => path === markedPath) : -1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another match moves the list
  useEffect(() => {
    if (markedAt >= 0) list.scrollToIndex(markedAt, { align: "center" });
  }, [markedPath]);
  return (
    <div
      ref={scroller}
      role="region"
      aria-label={label}
      tabIndex={0}
      className="max-h-[60dvh] overflow-auto p-2.5 font-mono text-xs leading-5"
    >
      <div className="relative" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line ? (
            <div
              key={line.path}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Line
                line={line}
                isMarked={line.path === markedPath}
                onToggle={onToggle}
                onValue={onValue}
                className="whitespace-pre"
              />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

interface LineProps {
  line: JsonLine;
  isMarked: boolean;
  onToggle: (path: string) => void;
  onValue: Props["onValue"];
  className: string;
}

function Line({ line, isMarked, onToggle, onValue, className }: LineProps) {
  const t = useT();
  const { node, key, kind, text, depth, comma } = line;
  return (
    <div
      data-marked={isMarked || undefined}
      className={clsx(
        "group/line relative rounded-sm pr-5 pl-4",
        isMarked && "bg-selected",
        className,
      )}
      style={{ marginLeft: depth * 14 }}
    >
      {node && node.count > 0 && (
        <button
          type="button"
          aria-expanded={node.isOpen}
          aria-label={`${t(node.isOpen ? "words.hide" : "words.show")} ${key ?? line.path}`}
          onClick={() => onToggle(line.path)}
          className="absolute top-0.5 left-0 grid size-4 place-items-center rounded-sm text-faint hover:bg-hover hover:text-text"
        >
          {node.isOpen ? (
            <ChevronDown size={12} aria-hidden />
          ) : (
            <ChevronRight size={12} aria-hidden />
          )}
        </button>
      )}
      {key !== undefined && (
        <>
          <span className="text-json-key">{JSON.stringify(key)}</span>
          <span className="text-json-punct">: </span>
        </>
      )}
      <span className={COLOURS[kind]}>{node && !node.isOpen ? closedText(node) : text}</span>
      {comma && <span className="text-json-punct">,</span>}
      {onValue && !node && kind !== "close" && kind !== "null" && (
        <button
          type="button"
          title={t("words.filterFor")}
          aria-label={`${t("words.filterFor")}: ${text}`}
          onClick={() =>
            onValue(line.path, kind === "string" ? (JSON.parse(text) as string) : text)
          }
          // It takes no room in its line, or it would break into a line of its own.
          className="-mr-5.5 ml-1.5 inline-grid size-4 translate-y-0.5 place-items-center rounded-sm text-faint opacity-0 hover:bg-hover hover:text-accent focus:opacity-100 group-hover/line:opacity-100"
        >
          <Filter size={10} aria-hidden />
        </button>
      )}
    </div>
  );
}

function closedText({ count, brackets }: { count: number; brackets: string }): string {
  return count === 0 ? brackets : `${brackets[0]} ${count} ${brackets[1]}`;
}
