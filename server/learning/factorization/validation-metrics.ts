/** What the hyper-parameter search looks at: NDCG@10 of warm and cold users, AUC of some of the warm ones. */
import { topN } from '../linalg/index.js';

import type { ValidationUser } from './validation.js';

export interface Quality {
  /** Float64Array: NDCG@10 of each warm user, in the order given. */
  readonly warm: Float64Array;
  /** The same of each cold user. */
  readonly cold: Float64Array;
  /** Mean AUC. */
  readonly warmAuc: number;
}

const DEPTH = 10;
/** AUC looks at every item; every so many users are enough. */
const AUC_STRIDE = 5;
/** And of each, so many of the items to be found. */
const AUC_ITEMS = 10;

/**
 * The quality of `nChoices` ways to score. `score(user, choice)` returns Float32Array [nItems], is called with
 * choice 0, 1, ... of one user before the next, and may reuse its array.
 */
export function measure(
  users: readonly ValidationUser[],
  nChoices: number,
  score: (user: ValidationUser, choice: number) => Float32Array,
): Quality[] {
  const nCold = users.filter(({ isCold }) => isCold).length;
  const sums = Array.from({ length: nChoices }, () => ({
    warm: new Float64Array(users.length - nCold),
    cold: new Float64Array(nCold),
    auc: 0,
  }));
  let warm = 0;
  let cold = 0;
  let nAuc = 0;
  for (const user of users) {
    const withAuc = !user.isCold && warm % AUC_STRIDE === 0;
    for (let choice = 0; choice < nChoices; choice++) {
      const scores = score(user, choice);
      const seen = user.history.indices;
      for (let p = 0; p < seen.length; p++) scores[seen[p]] = -Infinity;
      const ndcg = ndcgOf(scores, user.relevant);
      if (user.isCold) sums[choice].cold[cold] = ndcg;
      else sums[choice].warm[warm] = ndcg;
      if (withAuc) sums[choice].auc += aucOf(scores, user);
    }
    if (user.isCold) cold++;
    else warm++;
    if (withAuc) nAuc++;
  }
  return sums.map(({ auc, ...lists }) => ({ ...lists, warmAuc: auc / Math.max(nAuc, 1) }));
}

function ndcgOf(scores: Float32Array, relevant: Int32Array): number {
  const list = topN(scores, DEPTH);
  let gain = 0;
  let ideal = 0;
  for (let rank = 0; rank < list.length; rank++) {
    if (relevant.includes(list[rank])) gain += 1 / Math.log2(rank + 2);
    if (rank < relevant.length) ideal += 1 / Math.log2(rank + 2);
  }
  return ideal === 0 ? 0 : gain / ideal;
}

/** Share of (relevant, other) pairs in the right order, ties half; `scores` is -Infinity for items seen. */
function aucOf(scores: Float32Array, { history, relevant }: ValidationUser): number {
  const nOthers = scores.length - history.indices.length - relevant.length;
  if (nOthers <= 0) return 0.5;
  const n = Math.min(relevant.length, AUC_ITEMS);
  let right = 0;
  for (let k = 0; k < n; k++) {
    const own = scores[relevant[k]];
    // Neither items seen, which lose to anything, nor other relevant ones are opponents.
    right += won(own, scores) - history.indices.length;
    for (let other = 0; other < relevant.length; other++) {
      const score = scores[relevant[other]];
      right -= own > score ? 1 : own === score ? 0.5 : 0;
    }
  }
  return right / (nOthers * n);
}

/** How many scores are below `own`, those equal counting half. */
function won(own: number, scores: Float32Array): number {
  let below = 0;
  let equal = 0;
  for (let j = 0; j < scores.length; j++) {
    if (scores[j] < own) below++;
    else if (scores[j] === own) equal++;
  }
  return below + equal / 2;
}
