/** What the hyper-parameter search looks at: NDCG@10 of warm and cold users, AUC of some of the warm ones. */
import { topN } from '../linalg/index.js';

import type { Blend, PartsAt, ScoredUser } from './validation-scores.js';

export interface Quality {
  /** Float64Array: NDCG@10 of each warm user, in the order given. */
  readonly warm: Float64Array;
  /** The same of each cold user. */
  readonly cold: Float64Array;
  /** Mean AUC, 0 where no user has an order. */
  readonly warmAuc: number;
}

const DEPTH = 10;

/** The quality of one way to blend parts. */
export function measure(users: readonly ScoredUser[], blend: Blend): Quality {
  const longest = users.reduce((length, { candidates }) => Math.max(length, candidates.items.length), 0);
  const scratch = new Float32Array(longest);
  const scoresOf = (parts: PartsAt, out: Float32Array) => {
    blend(parts, out);
    return out;
  };
  const warm: number[] = [];
  const cold: number[] = [];
  const aucs: number[] = [];
  for (const { relevant, isCold, candidates, order } of users) {
    const scores = scoresOf(candidates, scratch.subarray(0, candidates.items.length));
    (isCold ? cold : warm).push(ndcgOf(topN(scores, DEPTH), candidates.items, relevant));
    if (order === null) continue;
    const [wanted, others] = [order.wanted, order.others].map((parts) =>
      scoresOf(parts, new Float32Array(parts.items.length)),
    );
    aucs.push(aucOf(wanted, others));
  }
  return {
    warm: Float64Array.from(warm),
    cold: Float64Array.from(cold),
    warmAuc: aucs.reduce((a, b) => a + b, 0) / Math.max(aucs.length, 1),
  };
}

/** `list` holds places in `items`. */
function ndcgOf(list: Int32Array, items: Int32Array, relevant: Int32Array): number {
  let gain = 0;
  let ideal = 0;
  for (let rank = 0; rank < list.length; rank++) {
    if (relevant.includes(items[list[rank]])) gain += 1 / Math.log2(rank + 2);
    if (rank < relevant.length) ideal += 1 / Math.log2(rank + 2);
  }
  return ideal === 0 ? 0 : gain / ideal;
}

/** Share of pairs in the right order, ties half. */
function aucOf(wanted: Float32Array, others: Float32Array): number {
  if (wanted.length === 0 || others.length === 0) return 0.5;
  let right = 0;
  for (const own of wanted) for (const other of others) right += own > other ? 1 : own === other ? 0.5 : 0;
  return right / (wanted.length * others.length);
}
