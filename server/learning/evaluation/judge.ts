/**
 * Evaluates users individually, beside an oracle if available, so that the same results can be summarised for all
 * users, a persona or a sample.
 */

import { createRandom } from '../linalg/index.js';

import type { Interval } from './bootstrap.js';
import { bootstrapMean, bootstrapRatio } from './bootstrap.js';
import type { EvaluationInput, Metrics } from './evaluate.js';
import type { UserMetrics } from './metrics.js';
import { METRIC_NAMES, judgeUser } from './metrics.js';

export interface JudgementInput extends Omit<EvaluationInput, 'group' | 'scoresOf'> {
  /** Float32Array [nItems] of a user's scores; overwritten by the next call. */
  readonly scoresOf: (user: number) => Float32Array;
  /** True affinities of a user, like `scoresOf`; null if unknown. */
  readonly oracleOf: ((user: number) => Float32Array) | null;
  /** Scores of the best attainable ranking, like `scoresOf`; null for users without. */
  readonly ceilingOf?: (user: number) => Float32Array | null;
}

export interface JudgedUser {
  readonly user: number;
  readonly nHeldOut: number;
  readonly metrics: UserMetrics;
  readonly oracle: UserMetrics | null;
  readonly ceiling: UserMetrics | null;
  /** Int32Array, best first. */
  readonly list: Int32Array;
  /** Mean self-information of the list, bits. */
  readonly novelty: number;
}

/** Evaluates every user with held-out items, or a seeded sample of them, in ascending order. */
export function judgeUsers(
  { scoresOf, oracleOf, ceilingOf, nItems, seen, settled = seen, test }: JudgementInput,
  options: { seed: number; maxUsers: number; onProgress?: (fraction: number) => void },
): JudgedUser[] {
  const nUsers = seen.indptr.length - 1;
  const popularity = new Int32Array(nItems);
  for (const item of seen.indices) popularity[item] += 1;
  const bitsOf = (item: number) => -Math.log2((popularity[item] + 1) / (nUsers + 1));
  const eligible: number[] = [];
  for (let user = 0; user < nUsers; user++)
    if (test.indptr[user + 1] > test.indptr[user]) eligible.push(user);
  return sampleOf(eligible, options.maxUsers, options.seed).map((user, row, users) => {
    if (row % 64 === 0) options.onProgress?.(row / users.length);
    const own = settled.indices.subarray(settled.indptr[user], settled.indptr[user + 1]);
    const held = test.indices.subarray(test.indptr[user], test.indptr[user + 1]);
    const { metrics, list } = judgeUser(scoresOf(user), own, held);
    const oracle = oracleOf === null ? null : judgeUser(oracleOf(user), own, held).metrics;
    const attainable = ceilingOf?.(user) ?? null;
    const ceiling = attainable === null ? null : judgeUser(attainable, own, held).metrics;
    const bits = list.reduce((sum, item) => sum + bitsOf(item), 0);
    const novelty = bits / Math.max(1, list.length);
    return { user, nHeldOut: held.length, metrics, oracle, ceiling, list, novelty };
  });
}

/** A seeded sample of at most `size` elements, in the given order. */
export function sampleOf<T>(all: readonly T[], size: number, seed: number): T[] {
  if (all.length <= size) return [...all];
  const places = createRandom(seed).shuffle(Array.from(all.keys())).slice(0, size);
  return places.sort((a, b) => a - b).map((place) => all[place]);
}

export interface GroupFigures {
  readonly nJudged: number;
  /** Null if no user was evaluated; so are coverage and novelty. */
  readonly metrics: Metrics | null;
  /** Null without an oracle. */
  readonly oracle: Metrics | null;
  /** Mean of the metric over the mean of the oracle, resampled together. */
  readonly ratio: Metrics | null;
  /** Of the users with a ceiling; null without any: its metrics, and the ratio to them. */
  readonly ceiling: { readonly nUsers: number; readonly metrics: Metrics; readonly ratio: Metrics } | null;
  /** Share of the catalogue that occurs in any list. */
  readonly coverage: number | null;
  readonly novelty: Interval | null;
  readonly silhouette: Interval;
}

/** Means with 95 % bootstrap intervals. `silhouettes` has a value per user of the group. */
export function summariseUsers(
  users: readonly JudgedUser[],
  { nItems, seed, silhouettes }: { nItems: number; seed: number; silhouettes: Float64Array },
): GroupFigures {
  const own = (name: keyof UserMetrics) => Float64Array.from(users, ({ metrics }) => metrics[name]);
  const ideal = (name: keyof UserMetrics) => Float64Array.from(users, ({ oracle }) => oracle![name]);
  const isAnybody = users.length > 0;
  const hasOracle = isAnybody && users.every(({ oracle }) => oracle !== null);
  const listed = new Set(users.flatMap(({ list }) => [...list]));
  return {
    nJudged: users.length,
    metrics: isAnybody ? allMetrics((name) => bootstrapMean(own(name), { seed })) : null,
    oracle: hasOracle ? allMetrics((name) => bootstrapMean(ideal(name), { seed })) : null,
    ratio: hasOracle ? allMetrics((name) => bootstrapRatio(own(name), ideal(name), { seed })) : null,
    ceiling: ceilingOf(users, seed),
    coverage: isAnybody ? listed.size / nItems : null,
    novelty: isAnybody
      ? bootstrapMean(
          Float64Array.from(users, ({ novelty }) => novelty),
          { seed },
        )
      : null,
    silhouette: bootstrapMean(silhouettes, { seed }),
  };
}

function ceilingOf(users: readonly JudgedUser[], seed: number): GroupFigures['ceiling'] {
  const sampled = users.filter(({ ceiling }) => ceiling !== null);
  if (sampled.length === 0) return null;
  const own = (name: keyof UserMetrics) => Float64Array.from(sampled, ({ metrics }) => metrics[name]);
  const best = (name: keyof UserMetrics) => Float64Array.from(sampled, ({ ceiling }) => ceiling![name]);
  return {
    nUsers: sampled.length,
    metrics: allMetrics((name) => bootstrapMean(best(name), { seed })),
    ratio: allMetrics((name) => bootstrapRatio(own(name), best(name), { seed })),
  };
}

function allMetrics(interval: (name: (typeof METRIC_NAMES)[number]) => Interval): Metrics {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, interval(name)])) as Metrics;
}
