/** Metrics of the hyper-parameter search: NDCG@10 of warm and cold users, AUC of a sample of the warm users. */
import { runParts, sharedFloat64 } from '../kernels/index.js';
import { blendBy, onlyBlended, usersOf } from './validation-scores.js';

import type { KernelThreads, SharedTask } from '../kernels/index.js';
import type { Blend, Blended, PartsAt, ScoredUser, ScoredUsers, Weights } from './validation-scores.js';

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

interface MeasureInput {
  readonly scored: ScoredUsers;
  readonly blended: readonly Blended[];
  readonly weights: readonly Weights[];
  /** Float64Array, row-major [weights.length, nUsers + 1]: NDCG@10 of each user, then the mean AUC. */
  readonly out: Float64Array;
}

export const measureTask: SharedTask<MeasureInput> = { name: 'measure', run: measureOne };

/** Measures the quality under each of the weights; `blendedFor` gives what they apply to. */
export function measureEach<W extends Weights>(
  scored: ScoredUsers,
  weights: readonly W[],
  { blendedFor, threads }: { blendedFor: (weights: W) => Blended; threads?: KernelThreads },
): Quality[] {
  const width = scored.nUsers + 1;
  const out = sharedFloat64(width * weights.length);
  const blended = weights.map((each) => onlyBlended(blendedFor(each)));
  runParts(threads, measureTask, { input: { scored, blended, weights, out }, nParts: weights.length });
  const cold = usersOf(scored).map(({ isCold }) => isCold);
  return weights.map((_, w) => {
    const ndcg = out.subarray(w * width, (w + 1) * width - 1);
    return {
      warm: ndcg.filter((_value, u) => !cold[u]),
      cold: ndcg.filter((_value, u) => cold[u]),
      warmAuc: out[(w + 1) * width - 1],
    };
  });
}

function measureOne({ scored, blended, weights, out }: MeasureInput, w: number): void {
  const width = scored.nUsers + 1;
  const values = measure(usersOf(scored), blendBy(blended[w], weights[w]));
  out.set(values.ndcg, w * width);
  out[(w + 1) * width - 1] = values.auc;
}

/** NDCG@10 of each user, Float64Array, and the mean AUC of the users with an order, 0 if there are none. */
export function measure(users: readonly ScoredUser[], blend: Blend): { ndcg: Float64Array; auc: number } {
  const scratch = new Float32Array(longestOf(users));
  const scoresOf = (parts: PartsAt, user: ScoredUser, from = 0) => {
    const out = scratch.subarray(from, from + parts.items.length);
    blend(parts, user, out);
    return out;
  };
  const aucs: number[] = [];
  const ndcg = Float64Array.from(users, (user) => {
    const { relevant, candidates, places, order } = user;
    if (order !== null) {
      const wanted = scoresOf(order.wanted, user);
      aucs.push(aucOf(wanted, scoresOf(order.others, user, wanted.length)));
    }
    // If no relevant item is among the candidates, the scores do not matter.
    return places.length === 0 ? 0 : ndcgOf(scoresOf(candidates, user), places, relevant.length);
  });
  return { ndcg, auc: aucs.reduce((a, b) => a + b, 0) / Math.max(aucs.length, 1) };
}

/** Length of the scratch for the scores of any user. */
function longestOf(users: readonly ScoredUser[]): number {
  return users.reduce((length, { candidates, order }) => {
    const ordered = order === null ? 0 : order.wanted.items.length + order.others.items.length;
    return Math.max(length, candidates.items.length, ordered);
  }, 0);
}

/** `places`: positions in `scores` of the relevant candidates. */
function ndcgOf(scores: Float32Array, places: Int32Array, nRelevant: number): number {
  let gain = 0;
  for (const place of places) {
    const rank = rankOf(scores, place);
    if (rank < DEPTH) gain += DISCOUNTS[rank];
  }
  return gain === 0 ? 0 : gain / IDEAL_GAINS[Math.min(nRelevant, DEPTH)];
}

/** Number of scores ranked before it, ties by place; counts up to `DEPTH`. */
function rankOf(scores: Float32Array, place: number): number {
  const own = scores[place];
  let rank = 0;
  for (let k = 0; k < place && rank < DEPTH; k++) if (scores[k] >= own) rank++;
  for (let k = place + 1; k < scores.length && rank < DEPTH; k++) if (scores[k] > own) rank++;
  return rank;
}

/** Share of pairs in the right order, ties half. */
function aucOf(wanted: Float32Array, others: Float32Array): number {
  if (wanted.length === 0 || others.length === 0) return 0.5;
  let right = 0;
  for (const own of wanted) for (const other of others) right += own > other ? 1 : own === other ? 0.5 : 0;
  return right / (wanted.length * others.length);
}
