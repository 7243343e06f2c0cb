/** Evaluates a recommender on held-out likes, overall and by persona, with bootstrap intervals over users. */

import type { KernelThreads } from '../kernels/index.js';
import { createRandom } from '../linalg/index.js';

import type { Interval } from './bootstrap.js';
import { bootstrapMeans } from './bootstrap.js';
import type { FoldedUsers } from './folded-users.js';
import { judgeEach } from './judge-each.js';
import type { MetricName } from './metrics.js';
import { METRIC_NAMES } from './metrics.js';

/** Max number of evaluated users; a sample of this size is accurate to half a percentage point. */
const MAX_USERS = 3_000;
/** Max number of scores per evaluation, over all users and items: large catalogues are evaluated on fewer users. */
const MAX_SCORES = 2e8;

/** Number of users to evaluate on a catalogue of `nItems` items. */
export function judgedAtMost(nItems: number, maxUsers = MAX_USERS): number {
  return Math.min(maxUsers, Math.ceil(MAX_SCORES / Math.max(1, nItems)));
}

export interface EvaluationInput {
  /**
   * Float32Array [nItems] of a user's scores, overwritten by the next call; or users to be folded in, which threads
   * share.
   */
  readonly scoresOf: ((user: number) => Float32Array) | FoldedUsers;
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
  /** Threads to share the work with; the result does not depend on them. Default: none. */
  readonly threads?: KernelThreads;
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
  const users = Int32Array.from(sampleUsers(test.indptr, options));
  const popularity = new Int32Array(nItems);
  for (const item of seen.indices) popularity[item] += 1;
  const nUsers = seen.indptr.length - 1;

  const { values, lists } = judgeEach({ scoresOf, settled, test, users }, options);
  const listed = new Uint8Array(nItems);
  let bits = 0;
  let nListed = 0;
  for (const item of lists) {
    if (item < 0) continue;
    listed[item] = 1;
    bits -= Math.log2((popularity[item] + 1) / (nUsers + 1));
    nListed += 1;
  }
  const summarise = (rows: number[] | null): Metrics => {
    const figures = METRIC_NAMES.map((name) =>
      rows === null ? values[name] : Float64Array.from(rows, (row) => values[name][row]),
    );
    const intervals = bootstrapMeans(figures, options);
    return Object.fromEntries(METRIC_NAMES.map((name, m) => [name, intervals[m]])) as Metrics;
  };
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

function rowsByGroup(users: Int32Array, group: Int32Array | undefined): Map<number, number[]> {
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
