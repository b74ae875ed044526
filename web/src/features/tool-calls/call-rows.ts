import type { ToolCall } from "@/api/types";
import { CallRow, type Look, ROW_HEIGHT } from "./call-row";

export const HEAD_HEIGHT = 28;
/** Rows that are drawn above and below those in sight. */
const MARGIN_ROWS = 10;
/** The end is near when so few rows are left below. */
const AHEAD_ROWS = 150;
/** So long after the last scrolling the list is at rest. */
const REST_MS = 150;

/** No letter is narrower. */
const NARROWEST_PX = 5;

/** What is listed, and how it is shown. */
export interface Listed {
  calls: ToolCall[];
  activeId: string | undefined;
  look: Omit<Look, "summaryCharacters">;
  /** In milliseconds, for calls that still run. */
  now: number;
}

/**
 * Draws the rows in sight, at each scrolling and whenever the calls are others. A call keeps its
 * row as long as it is there, and a row that leaves is drawn anew for the next call that comes.
 */
export class CallRows {
  private listed: Listed | undefined;
  private look: Look | undefined;
  private drawn = new Map<string, CallRow>();
  private readonly spare: CallRow[] = [];
  private from = 0;
  private to = 0;
  private top = 0;
  private height = 0;
  private summaryCharacters = 0;
  private isNearEnd = false;
  private margin = MARGIN_ROWS;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly resized = new ResizeObserver(() => {
    this.measure();
    this.draw();
    this.sort();
  });

  constructor(
    private readonly scroller: HTMLElement,
    private readonly place: HTMLElement,
    /** The head of the column of summaries. */
    private readonly summary: HTMLElement,
    private readonly onNearEnd: (isNearEnd: boolean) => void,
  ) {
    this.measure();
    scroller.addEventListener("scroll", this.scroll, { passive: true });
    this.resized.observe(scroller);
  }

  stop(): void {
    this.scroller.removeEventListener("scroll", this.scroll);
    this.resized.disconnect();
    clearTimeout(this.rest);
    this.place.replaceChildren();
  }

  show(listed: Listed): void {
    this.listed = listed;
    this.draw();
    if (this.rest === undefined) this.sort();
  }

  /** Scrolls just so far that a row is in sight. */
  reveal(index: number): void {
    const lowest = index * ROW_HEIGHT;
    const highest = lowest + ROW_HEIGHT + HEAD_HEIGHT - this.height;
    if (this.top > lowest) this.scrollTo(lowest);
    else if (this.top < highest) this.scrollTo(highest);
  }

  /** Another list begins at its top, with the rows in sight: those around them can wait. */
  begin(): void {
    this.scrollTo(0);
    this.margin = 0;
    this.settle();
  }

  scrollTo(top: number): void {
    if (top === this.top) return;
    this.scroller.scrollTop = top;
    this.top = top;
  }

  private readonly scroll = (): void => {
    this.top = this.scroller.scrollTop;
    this.margin = MARGIN_ROWS;
    this.draw();
    this.settle();
  };

  private settle(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.rest = undefined;
      if (this.margin < MARGIN_ROWS) {
        this.margin = MARGIN_ROWS;
        this.draw();
      }
      this.sort();
    }, REST_MS);
  }

  private measure(): void {
    this.top = this.scroller.scrollTop;
    this.height = this.scroller.clientHeight;
    this.summaryCharacters = Math.ceil(this.summary.clientWidth / NARROWEST_PX);
  }

  private draw(): void {
    if (!this.listed) return;
    const { calls, activeId, now } = this.listed;
    const look = this.lookNow(this.listed);
    const first = Math.floor(this.top / ROW_HEIGHT);
    const inSight = Math.ceil(this.height / ROW_HEIGHT);
    this.from = Math.max(0, first - this.margin);
    this.to = Math.min(calls.length, first + inSight + this.margin);
    const wanted = calls.slice(this.from, this.to);
    const drawn = new Map<string, CallRow>();
    for (const { id } of wanted) {
      const row = this.drawn.get(id);
      if (row && this.drawn.delete(id)) drawn.set(id, row);
    }
    // The first of them is taken first: a list that is all another keeps its elements in order.
    const left = [...this.drawn.values()].reverse();
    wanted.forEach((call, at) => {
      const row = drawn.get(call.id) ?? left.pop() ?? this.another();
      drawn.set(call.id, row);
      row.show(call, this.from + at, call.id === activeId, look, now);
    });
    for (const row of left) {
      row.element.remove();
      this.spare.push(row);
    }
    this.drawn = drawn;
    const isNearEnd = this.to >= calls.length - AHEAD_ROWS;
    if (isNearEnd !== this.isNearEnd) this.onNearEnd(isNearEnd);
    this.isNearEnd = isNearEnd;
  }

  /** Has the elements follow each other as the rows do, which costs too much while they fly by. */
  private sort(): void {
    let next = this.place.firstElementChild;
    for (const { id } of this.listed?.calls.slice(this.from, this.to) ?? []) {
      const element = this.drawn.get(id)?.element;
      if (!element) continue;
      if (element === next) next = next.nextElementSibling;
      else this.place.insertBefore(element, next);
    }
  }

  /** The same object as long as nothing about it is another. */
  private lookNow({ look: { t, statusOf } }: Listed): Look {
    const { summaryCharacters } = this;
    const is = this.look;
    if (is?.t !== t || is.statusOf !== statusOf || is.summaryCharacters !== summaryCharacters) {
      this.look = { t, statusOf, summaryCharacters };
    }
    return this.look as Look;
  }

  private another(): CallRow {
    const row = this.spare.pop() ?? new CallRow();
    this.place.append(row.element);
    return row;
  }
}
