/**
 * Ranking metrics of a user, by the usual definitions: precision@k = hits / k, recall@k = hits / held-out items, NDCG@k
 * with binary gains and log2 discounts against the best possible list of that length, AUC = share of (held-out, other)
 * pairs in the right order with ties counting half. Candidates are all items except settled items.
 */

import { topN } from '../linalg/index.js';

export const METRIC_NAMES = [
  'precision@5',
  'precision@10',
  'recall@10',
  'ndcg@10',
  'hitRate@10',
  'auc',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

export type UserMetrics = Readonly<Record<MetricName, number>>;

/** Length of the evaluated list. */
export const LIST_LENGTH = 10;

export interface RankedUser {
  readonly metrics: UserMetrics;
  /** Int32Array [<= LIST_LENGTH], best first. */
  readonly list: Int32Array;
}

/**
 * Evaluates the ranking by `scores` (Float32Array [nItems]) for a user with `settled` items, which are no candidates,
 * and `held` items (not empty), which were held out. Both are item indices without repeats and share no item.
 */
export function judgeUser(scores: Float32Array, settled: Int32Array, held: Int32Array): RankedUser {
  const isSettled = new Uint8Array(scores.length);
  for (const item of settled) isSettled[item] = 1;
  const isHeld = new Uint8Array(scores.length);
  for (const item of held) isHeld[item] = 1;
  const list = topN(scores, LIST_LENGTH, (item) => isSettled[item] === 0);

  let hits5 = 0;
  let hits10 = 0;
  let gain = 0;
  for (let rank = 0; rank < list.length; rank++) {
    if (isHeld[list[rank]] === 0) continue;
    hits10 += 1;
    if (rank < 5) hits5 += 1;
    gain += 1 / Math.log2(rank + 2);
  }
  return {
    list,
    metrics: {
      'precision@5': hits5 / 5,
      'precision@10': hits10 / LIST_LENGTH,
      'recall@10': hits10 / held.length,
      'ndcg@10': gain / bestGain(Math.min(LIST_LENGTH, held.length)),
      'hitRate@10': hits10 > 0 ? 1 : 0,
      auc: auc(scores, isSettled, isHeld),
    },
  };
}

function bestGain(length: number): number {
  let gain = 0;
  for (let rank = 0; rank < length; rank++) gain += 1 / Math.log2(rank + 2);
  return gain;
}

/** 0.5 if there is nothing to compare with. */
function auc(scores: Float32Array, isSettled: Uint8Array, isHeld: Uint8Array): number {
  const others = new Float32Array(scores.length);
  const positives: number[] = [];
  let nOthers = 0;
  for (let item = 0; item < scores.length; item++) {
    if (isSettled[item] === 1) continue;
    if (isHeld[item] === 1) positives.push(scores[item]);
    else others[nOthers++] = scores[item];
  }
  const sorted = others.subarray(0, nOthers).sort();
  if (nOthers === 0 || positives.length === 0) return 0.5;
  let pairs = 0;
  for (const score of positives) pairs += (firstAtLeast(sorted, score) + firstAbove(sorted, score)) / 2;
  return pairs / (nOthers * positives.length);
}

function firstAtLeast(sorted: Float32Array, value: number): number {
  return search(sorted, (other) => other >= value);
}

function firstAbove(sorted: Float32Array, value: number): number {
  return search(sorted, (other) => other > value);
}

/** Index of the first element that satisfies `fits`, which must be monotonic. */
function search(sorted: Float32Array, fits: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(sorted[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
