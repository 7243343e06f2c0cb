/**
 * Counts by name where names come from data: objects without a prototype, so that categories called "constructor" or
 * "__proto__" are counted correctly. They serialise as plain JSON objects.
 */

export type Counts = Record<string, number>;

export function emptyCounts(): Counts {
  return Object.create(null) as Counts;
}

/** A copy suitable for `addCount`; `counts` may have any prototype. */
export function copyCounts(counts: Readonly<Counts>): Counts {
  return Object.assign(emptyCounts(), counts);
}

/** Adds `by` to the count of `name`. `counts` must come from `emptyCounts` or `copyCounts`. */
export function addCount(counts: Counts, name: string, by = 1): void {
  // eslint-disable-next-line no-restricted-syntax -- The one place: `counts` has no prototype.
  counts[name] = (counts[name] ?? 0) + by;
}
