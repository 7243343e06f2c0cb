/** Stage 1: what was done to the rows of a table beyond taking or refusing them, counted, so that it can be said once. */

export class Remarks {
  private readonly counts = new Map<string, number>();

  /** `remark` follows a number of rows: "titles are missing: the id stands in". It holds nothing of a person. */
  add(remark: string): void {
    this.counts.set(remark, (this.counts.get(remark) ?? 0) + 1);
  }

  /** The most frequent first. */
  list(): { remark: string; count: number }[] {
    return [...this.counts].map(([remark, count]) => ({ remark, count })).sort((a, b) => b.count - a.count);
  }
}
