/**
 * Chooses items to ask newcomers about: a greedy D-optimal design (Rashid et al. 2008 compare such measures). With taste
 * w ~ N(0, I), an opinion on item j is worth log(1 + h_j' C h_j / s) of information, with C the covariance of w after
 * the earlier answers and s the mean of |h|^2; it comes only from users who know the item, so it counts times the
 * item's share of likes. Later choices differ from earlier ones, because these have shrunk C.
 */
import { topN } from '../linalg/index.js';

import type { RecommenderModel } from '../factorization/index.js';

/** Candidates: the most liked items, since newcomers do not know the others. */
const MAX_CANDIDATES = 1_000;

/** Indices of up to n allowed items, most informative first; ties by index. */
export function onboardingItems(
  { itemEmbeddings, shares, hyperParameters: { nComponents: d } }: RecommenderModel,
  { n, isAllowed }: { n: number; isAllowed?: (itemIndex: number) => boolean },
): Int32Array {
  const candidates = topN(shares, MAX_CANDIDATES, isAllowed).sort();
  const h = (item: number) => itemEmbeddings.subarray(item * d, item * d + d);
  // h' C h of each candidate: |h|^2 before any answer.
  const variance = Float64Array.from(candidates, (item) => dot(h(item), h(item)));
  const noise = Math.max(
    variance.reduce((a, b) => a + b, 0) / Math.max(1, candidates.length),
    Number.MIN_VALUE,
  );
  /** C = I - sum of b b' over these. */
  const removed: Float64Array[] = [];
  const chosen: number[] = [];
  const worth = (k: number) => shares[candidates[k]] * Math.log1p(Math.max(variance[k], 0) / noise);
  while (chosen.length < Math.min(n, candidates.length)) {
    let best = -1;
    for (let k = 0; k < candidates.length; k++) {
      if (!chosen.includes(k) && (best < 0 || worth(k) > worth(best))) best = k;
    }
    const own = h(candidates[best]);
    const direction = Float64Array.from(own);
    for (const b of removed) {
      const along = dot(b, own);
      for (let f = 0; f < d; f++) direction[f] -= along * b[f];
    }
    const scale = 1 / Math.sqrt(noise + Math.max(variance[best], 0));
    for (let f = 0; f < d; f++) direction[f] *= scale;
    removed.push(direction);
    for (let k = 0; k < candidates.length; k++) variance[k] -= dot(direction, h(candidates[k])) ** 2;
    chosen.push(best);
  }
  return Int32Array.from(chosen, (k) => candidates[k]);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) sum += a[f] * b[f];
  return sum;
}
