/**
 * Counts by name where names come from data: objects without a prototype, so that a category called "constructor" or
 * "__proto__" is counted like any other. They serialise as plain JSON objects.
 */

export type Counts = Record<string, number>;

export function emptyCounts(): Counts {
  return Object.create(null) as Counts;
}

/** A copy that may be added to, whatever the prototype of `counts`. */
export function copyCounts(counts: Readonly<Counts>): Counts {
  return Object.assign(emptyCounts(), counts);
}

/** Adds to one count. `counts` must come from `emptyCounts` or `copyCounts`. */
export function addCount(counts: Counts, name: string, by = 1): void {
  // eslint-disable-next-line no-restricted-syntax -- The one place: `counts` has no prototype.
  counts[name] = (counts[name] ?? 0) + by;
}
