import { clsx } from "clsx";
import type { TFunction } from "i18next";
import type { ToolCall } from "@/api/types";
import { clientTitle } from "@/lib/clients";
import { durationShare } from "@/lib/duration";
import { clockParts } from "@/lib/time";
import { STATUS_TEXT } from "@/ui/status";
import { durationText, failure, failureKind, isUnended } from "./describe";

export const ROW_HEIGHT = 28;

/** What rows are drawn with; another one has all of them drawn anew. */
export interface Look {
  t: TFunction;
  /** A status as it is shown, to be copied. */
  statusOf: (status: ToolCall["status"]) => Element | undefined;
  /** So many characters of a summary find room at most: what is hidden costs as much as what shows. */
  summaryCharacters: number;
}

/** What marks a row at its edge, and tints it. */
const MARKS: Partial<Record<ToolCall["status"], string>> = {
  error: "border-l-error! bg-error/8",
  timeout: "border-l-timeout!",
  running: "border-l-running!",
};

/**
 * One row of the list. It is written by hand, as a frame of scrolling draws twenty of them anew: an
 * element that stays, whose texts change, costs a fraction of one that React makes.
 */
export class CallRow {
  readonly element = element("div", "");
  private readonly time = text();
  private readonly fraction = text();
  private readonly status = cell("min-w-0 font-sans");
  private readonly tool = text();
  private readonly server = text();
  private readonly duration = text();
  private readonly durationCell = cell("");
  private readonly client = text();
  private readonly summary = text();
  private readonly summaryCell = cell("");
  private call: ToolCall | undefined;
  private look: Look | undefined;
  private shownStatus: Element | undefined;
  private index = -1;
  private isActive: boolean | undefined;

  constructor() {
    this.element.role = "row";
    this.element.tabIndex = -1;
    const fraction = element("span", "call-medium text-faint", this.fraction);
    this.durationCell.append(this.duration);
    this.summaryCell.append(this.summary);
    this.element.append(
      cell("text-muted", this.time, fraction),
      this.status,
      cell("truncate font-semibold", this.tool),
      cell("call-wide truncate text-muted", this.server),
      this.durationCell,
      cell("call-wide truncate text-muted", this.client),
      this.summaryCell,
    );
  }

  /** The row of a call at a place of the list; only what is different is written. */
  show(call: ToolCall, index: number, isActive: boolean, look: Look, now: number): void {
    const isOther = call !== this.call || look !== this.look;
    if (isOther || isActive !== this.isActive) this.mark(call, isActive);
    if (index !== this.index) {
      this.element.style.top = `${index * ROW_HEIGHT}px`;
      this.element.ariaRowIndex = String(index + 2);
      this.index = index;
    }
    if (isOther) this.write(call, look, now);
    else if (isUnended(call)) this.duration.data = durationText(call, now);
  }

  private mark(call: ToolCall, isActive: boolean): void {
    setClass(
      this.element,
      clsx(
        "call-grid call-row font-mono text-xs",
        MARKS[call.status],
        isActive ? "bg-selected! outline-1 outline-accent -outline-offset-1" : "hover:bg-hover",
      ),
    );
    if (isActive !== this.isActive) this.element.ariaSelected = String(isActive);
    this.isActive = isActive;
  }

  private write(call: ToolCall, look: Look, now: number): void {
    const { time, fraction } = clockParts(call.started_at);
    this.element.id = `call-${call.id}`;
    this.time.data = time;
    this.fraction.data = fraction;
    const status = look.statusOf(call.status);
    if (status && (status !== this.shownStatus || look !== this.look)) {
      this.status.replaceChildren(status.cloneNode(true));
      this.shownStatus = status;
    }
    this.tool.data = call.tool_name;
    this.server.data = call.server_name ?? "—";
    this.duration.data = durationText(call, now);
    setClass(this.durationCell, clsx("call-duration", isUnended(call) && "text-running"));
    this.durationCell.style.backgroundSize = `${lineWidth(call)} 1.5px`;
    this.client.data = clientTitle(call.client);
    this.summary.data = summaryOf(call, look.t).slice(0, look.summaryCharacters);
    setClass(this.summaryCell, clsx("call-medium truncate", summaryColour(call)));
    this.call = call;
    this.look = look;
  }
}

/** The duration once more as a line, on a logarithmic scale from 1 ms to 1 minute. */
function lineWidth({ duration_us: us }: ToolCall): string {
  return us ? `${(Math.max(0.03, durationShare(us)) * 100).toFixed(1)}%` : "0";
}

/** Why it failed, or else what it was called with. */
function summaryOf(call: ToolCall, t: TFunction): string {
  if (!isFailed(call)) return call.arguments_preview ?? "";
  return failure(call) ?? t(`toolCalls.errorKinds.${failureKind(call)}`);
}

function summaryColour(call: ToolCall): string {
  return isFailed(call) ? STATUS_TEXT[call.status] : "text-muted";
}

function isFailed({ status }: ToolCall): boolean {
  return status !== "success" && status !== "running";
}

function text(): Text {
  return document.createTextNode("");
}

function element(name: "div" | "span", className: string, ...children: Node[]): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function cell(className: string, ...children: Node[]): HTMLElement {
  const made = element("span", className, ...children);
  made.role = "gridcell";
  return made;
}

/** Writing a class has the browser compute styles anew, even where it is the same. */
function setClass(of: HTMLElement, className: string): void {
  if (of.className !== className) of.className = className;
}
