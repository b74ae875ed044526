/**
 * Gives each row that comes into sight the element of one that went out of it, as making elements is
 * most of what a frame of scrolling costs. A row keeps its element as long as it is drawn.
 */
export class Recycler {
  private slots = new Map<string, number>();

  /** The elements, by number, of the rows that are drawn now. */
  place(ids: readonly string[]): number[] {
    const drawn = new Set(ids);
    const free: number[] = [];
    const taken = new Set<number>();
    for (const [id, slot] of this.slots) {
      if (drawn.has(id)) taken.add(slot);
      else free.push(slot);
    }
    let next = 0;
    const unused = () => {
      while (taken.has(next)) next += 1;
      return next;
    };
    const placed = ids.map((id) => {
      const slot = this.slots.get(id) ?? free.pop() ?? unused();
      taken.add(slot);
      return [id, slot] as const;
    });
    this.slots = new Map(placed);
    return placed.map(([, slot]) => slot);
  }
}
