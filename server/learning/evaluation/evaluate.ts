/** Evaluates a recommender on held-out likes, overall and by persona, with bootstrap intervals over users. */

import type { Interactions, RecommenderModel } from '../factorization/index.js';
import { foldIn, pick, scoreAll } from '../factorization/index.js';
import { createRandom } from '../linalg/index.js';

import type { Interval } from './bootstrap.js';
import { bootstrapMean } from './bootstrap.js';
import type { MetricName } from './metrics.js';
import { METRIC_NAMES, judgeUser } from './metrics.js';

/** Max number of evaluated users; a sample of this size is accurate to half a percentage point. */
const MAX_USERS = 3_000;
/** Max number of scores per evaluation, over all users and items: large catalogues are evaluated on fewer users. */
const MAX_SCORES = 2e8;

/** Number of users to evaluate on a catalogue of `nItems` items. */
export function judgedAtMost(nItems: number, maxUsers = MAX_USERS): number {
  return Math.min(maxUsers, Math.ceil(MAX_SCORES / Math.max(1, nItems)));
}

export interface EvaluationInput {
  /** Float32Array [nItems] of a user's scores; overwritten by the next call. */
  readonly scoresOf: (user: number) => Float32Array;
  readonly nItems: number;
  /** Items each user has interacted with, the basis of novelty. */
  readonly seen: { readonly indptr: Int32Array; readonly indices: Int32Array };
  /** Items that are no candidates for each user, as in served lists; default: all of `seen`. */
  readonly settled?: { readonly indptr: Int32Array; readonly indices: Int32Array };
  readonly test: { readonly indptr: Int32Array; readonly indices: Int32Array };
  /** Int32Array [nUsers], -1 for users without a group; absent: no groups. */
  readonly group?: Int32Array;
}

export interface EvaluationOptions {
  readonly seed: number;
  /** Users with fewer held-out items are left out; default 1. */
  readonly minHeldOut?: number;
  readonly maxUsers?: number;
  readonly onProgress?: (fraction: number) => void;
}

export type Metrics = Readonly<Record<MetricName, Interval>>;

export interface Evaluation {
  readonly nUsers: number;
  /** Float64Array [nUsers] per metric: values per user, users ascending. */
  readonly perUser: Readonly<Record<MetricName, Float64Array>>;
  readonly overall: Metrics;
  /** By group number. */
  readonly byGroup: ReadonlyMap<number, Metrics & { readonly nUsers: number }>;
  /** Share of the catalogue that occurs in any list. */
  readonly coverage: number;
  /** Mean self-information of the listed items, bits; higher for rare items. */
  readonly novelty: number;
}

/** Evaluates every user with enough held-out items, or a seeded sample of them. */
export function evaluate(input: EvaluationInput, options: EvaluationOptions): Evaluation {
  const { scoresOf, nItems, seen, settled = seen, test, group } = input;
  const users = sampleUsers(test.indptr, options);
  const popularity = new Int32Array(nItems);
  for (const item of seen.indices) popularity[item] += 1;
  const nUsers = seen.indptr.length - 1;

  const values = Object.fromEntries(
    METRIC_NAMES.map((name) => [name, new Float64Array(users.length)]),
  ) as Record<MetricName, Float64Array>;
  const listed = new Uint8Array(nItems);
  let bits = 0;
  let nListed = 0;
  users.forEach((user, row) => {
    const { metrics, list } = judgeUser(
      scoresOf(user),
      settled.indices.subarray(settled.indptr[user], settled.indptr[user + 1]),
      test.indices.subarray(test.indptr[user], test.indptr[user + 1]),
    );
    for (const name of METRIC_NAMES) values[name][row] = metrics[name];
    for (const item of list) {
      listed[item] = 1;
      bits -= Math.log2((popularity[item] + 1) / (nUsers + 1));
      nListed += 1;
    }
    if (row % 64 === 0) options.onProgress?.(row / users.length);
  });
  options.onProgress?.(1);

  const summarise = (rows: number[] | null): Metrics =>
    Object.fromEntries(
      METRIC_NAMES.map((name) => [
        name,
        bootstrapMean(
          rows === null ? values[name] : Float64Array.from(rows, (row) => values[name][row]),
          options,
        ),
      ]),
    ) as Metrics;
  const byGroup = new Map<number, Metrics & { nUsers: number }>();
  for (const [key, rows] of rowsByGroup(users, group))
    byGroup.set(key, { ...summarise(rows), nUsers: rows.length });
  return {
    nUsers: users.length,
    perUser: values,
    overall: summarise(null),
    byGroup,
    coverage: nItems === 0 ? 0 : listed.reduce((sum, one) => sum + one, 0) / nItems,
    novelty: nListed === 0 ? 0 : bits / nListed,
  };
}

/** Scores of the model for users folded in from their training rows. */
export function foldedScores(
  model: RecommenderModel,
  train: Interactions,
  personaOf: (user: number) => number,
): (user: number) => Float32Array {
  const out = new Float32Array(model.nItems);
  return (user) => {
    const from = train.indptr[user];
    const to = train.indptr[user + 1];
    const history = {
      indices: train.indices.subarray(from, to),
      strength: train.strength.subarray(from, to),
      opinion: train.opinion.subarray(from, to),
      purchased: train.purchased.subarray(from, to),
      at: train.at?.subarray(from, to),
    };
    return scoreAll(model, foldIn(model, history, { personaIndex: personaOf(user) }), out);
  };
}

/**
 * Like `foldedScores`, for a model of a different catalogue: `itemIndex` is Int32Array [nItems], the other model's
 * index of each item, ascending, -1 for unknown items, which score lowest.
 */
export function foldedScoresOfOther(
  model: RecommenderModel,
  train: Interactions,
  { itemIndex, personaOf }: { itemIndex: Int32Array; personaOf: (user: number) => number },
): (user: number) => Float32Array {
  const theirs = new Float32Array(model.nItems);
  const out = new Float32Array(itemIndex.length);
  return (user) => {
    const entries: number[] = [];
    for (let entry = train.indptr[user]; entry < train.indptr[user + 1]; entry++) {
      if (itemIndex[train.indices[entry]] >= 0) entries.push(entry);
    }
    const picked = pick(train, entries);
    const history = { ...picked, indices: picked.indices.map((item) => itemIndex[item]) };
    scoreAll(model, foldIn(model, history, { personaIndex: personaOf(user) }), theirs);
    const least = theirs.reduce((a, b) => Math.min(a, b), Infinity);
    for (let item = 0; item < out.length; item++) {
      out[item] = itemIndex[item] < 0 ? least - 1 : theirs[itemIndex[item]];
    }
    return out;
  };
}

function sampleUsers(
  indptr: Int32Array,
  { seed, minHeldOut = 1, maxUsers = MAX_USERS }: EvaluationOptions,
): number[] {
  const eligible: number[] = [];
  for (let user = 0; user + 1 < indptr.length; user++) {
    if (indptr[user + 1] - indptr[user] >= minHeldOut) eligible.push(user);
  }
  if (eligible.length <= maxUsers) return eligible;
  createRandom(seed).shuffle(eligible);
  return eligible.slice(0, maxUsers).sort((a, b) => a - b);
}

function rowsByGroup(users: readonly number[], group: Int32Array | undefined): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  if (group === undefined) return rows;
  users.forEach((user, row) => {
    if (group[user] < 0) return;
    const known = rows.get(group[user]);
    if (known === undefined) rows.set(group[user], [row]);
    else known.push(row);
  });
  return rows;
}
