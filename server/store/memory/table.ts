/** In-memory collection. Rows are deep-copied on the way in and out, so callers never share objects with the store. */

export class Table<T> {
  private readonly rows = new Map<string, T>();

  get size(): number {
    return this.rows.size;
  }

  has(key: string): boolean {
    return this.rows.has(key);
  }

  get(key: string): T | null {
    const row = this.rows.get(key);
    return row === undefined ? null : structuredClone(row);
  }

  set(key: string, row: T): void {
    this.rows.set(key, structuredClone(row));
  }

  delete(key: string): boolean {
    return this.rows.delete(key);
  }

  clear(): void {
    this.rows.clear();
  }

  getMany(keys: readonly string[]): T[] {
    return [...new Set(keys)].map((key) => this.get(key)).filter((row) => row !== null);
  }

  /** All rows in ascending key order. */
  all(): T[] {
    return [...this.rows.keys()].sort().map((key) => this.get(key)!);
  }

  /** Deletes the matching rows and returns their count. */
  deleteWhere(matches: (row: T) => boolean): number {
    let count = 0;
    for (const [key, row] of this.rows) if (matches(row) && this.rows.delete(key)) count += 1;
    return count;
  }
}

/** Yields rows in batches, like a database cursor. */
export async function* batches<T>(rows: readonly T[], size = 1_000): AsyncIterable<T[]> {
  for (let start = 0; start < rows.length; start += size) {
    await Promise.resolve();
    yield rows.slice(start, start + size);
  }
}
