/** Stage 1: counts changes made to the rows of a table, for a summary. */

export class Remarks {
  private readonly counts = new Map<string, number>();

  /** `remark` follows a row count: "titles are missing: the id is used". It must not contain personal data. */
  add(remark: string): void {
    this.counts.set(remark, (this.counts.get(remark) ?? 0) + 1);
  }

  /** Most frequent first. */
  list(): { remark: string; count: number }[] {
    return [...this.counts].map(([remark, count]) => ({ remark, count })).sort((a, b) => b.count - a.count);
  }
}
