/** Metrics of the hyper-parameter search: NDCG@10 of warm and cold users, AUC of a sample of the warm users. */
import type { Blend, PartsAt, ScoredUser } from './validation-scores.js';

export interface Quality {
  /** Float64Array: NDCG@10 of each warm user, in the given order. */
  readonly warm: Float64Array;
  /** Float64Array: NDCG@10 of each cold user. */
  readonly cold: Float64Array;
  /** Mean AUC, 0 if no user has an order. */
  readonly warmAuc: number;
}

const DEPTH = 10;
const DISCOUNTS = Array.from({ length: DEPTH }, (_, rank) => 1 / Math.log2(rank + 2));
/** Gain of a list by the number of relevant items at its beginning. */
const IDEAL_GAINS = Array.from({ length: DEPTH + 1 }, (_, n) =>
  DISCOUNTS.slice(0, n).reduce((sum, gain) => sum + gain, 0),
);

/** Measures the quality of a blend. */
export function measure(users: readonly ScoredUser[], blend: Blend): Quality {
  const longest = users.reduce((length, { candidates }) => Math.max(length, candidates.items.length), 0);
  const scratch = new Float32Array(longest);
  const scoresOf = (parts: PartsAt, likes: number, out: Float32Array) => {
    blend(parts, likes, out);
    return out;
  };
  const warm: number[] = [];
  const cold: number[] = [];
  const aucs: number[] = [];
  for (const { relevant, isCold, likes, candidates, order } of users) {
    const places = placesOf(relevant, candidates.items);
    // If no relevant item is among the candidates, the scores do not matter.
    const out = scratch.subarray(0, places.length === 0 ? 0 : candidates.items.length);
    (isCold ? cold : warm).push(ndcgOf(scoresOf(candidates, likes, out), places, relevant.length));
    if (order === null) continue;
    const [wanted, others] = [order.wanted, order.others].map((parts) =>
      scoresOf(parts, likes, new Float32Array(parts.items.length)),
    );
    aucs.push(aucOf(wanted, others));
  }
  return {
    warm: Float64Array.from(warm),
    cold: Float64Array.from(cold),
    warmAuc: aucs.reduce((a, b) => a + b, 0) / Math.max(aucs.length, 1),
  };
}

/** Places of the `relevant` items in `items`, which ascend; missing items are skipped. */
function placesOf(relevant: Int32Array, items: Int32Array): number[] {
  const places: number[] = [];
  for (const item of relevant) {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle] < item) low = middle + 1;
      else high = middle;
    }
    if (items[low] === item) places.push(low);
  }
  return places;
}

/** `places`: positions in `scores` of the relevant candidates. */
function ndcgOf(scores: Float32Array, places: readonly number[], nRelevant: number): number {
  let gain = 0;
  for (const place of places) {
    const rank = rankOf(scores, place);
    if (rank < DEPTH) gain += DISCOUNTS[rank];
  }
  return gain === 0 ? 0 : gain / IDEAL_GAINS[Math.min(nRelevant, DEPTH)];
}

/** Number of scores ranked before it, ties by place. */
function rankOf(scores: Float32Array, place: number): number {
  const own = scores[place];
  let rank = 0;
  for (let k = 0; k < place; k++) if (scores[k] >= own) rank++;
  for (let k = place + 1; k < scores.length; k++) if (scores[k] > own) rank++;
  return rank;
}

/** Share of pairs in the right order, ties half. */
function aucOf(wanted: Float32Array, others: Float32Array): number {
  if (wanted.length === 0 || others.length === 0) return 0.5;
  let right = 0;
  for (const own of wanted) for (const other of others) right += own > other ? 1 : own === other ? 0.5 : 0;
  return right / (wanted.length * others.length);
}
