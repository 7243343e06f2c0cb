/**
 * Determines the settled items of a user, which are no candidates for a list. Serving, evaluation and the promotion
 * gate share the rule, so that evaluation matches serving.
 */

import type { History, Interactions } from '../factorization/index.js';

/** rated: stars or a thumb; bought: purchased; viewed: any interaction. */
export type SettlingReason = 'rated' | 'bought' | 'viewed';

/** The active reasons, such as a Set. */
export interface SettlingRule {
  has(reason: SettlingReason): boolean;
}

/** Whether an entry of a history is settled. A dislike always is. */
export function isSettled(
  { opinion, purchased, rated }: Omit<History, 'indices' | 'strength' | 'at'>,
  entry: number,
  rule: SettlingRule,
): boolean {
  if (opinion[entry] < 0 || rule.has('viewed')) return true;
  if (rule.has('rated') && (opinion[entry] > 0 || rated?.[entry] === 1)) return true;
  return rule.has('bought') && purchased[entry] === 1;
}

/** The settled items of a user. */
export function settledItems(history: History, rule: SettlingRule): Set<number> {
  return new Set(history.indices.filter((_, entry) => isSettled(history, entry, rule)));
}

/** The settled items of every user; row u is [indptr[u], indptr[u + 1]) of `indices`, both Int32Array. */
export function settledRows(
  interactions: Interactions,
  rule: SettlingRule,
): { indptr: Int32Array; indices: Int32Array } {
  const { indptr, indices } = interactions;
  const rows = { indptr: new Int32Array(indptr.length), indices: new Int32Array(indices.length) };
  let n = 0;
  for (let user = 0; user + 1 < indptr.length; user++) {
    for (let entry = indptr[user]; entry < indptr[user + 1]; entry++) {
      if (isSettled(interactions, entry, rule)) rows.indices[n++] = indices[entry];
    }
    rows.indptr[user + 1] = n;
  }
  return { indptr: rows.indptr, indices: rows.indices.subarray(0, n) };
}
