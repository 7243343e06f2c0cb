/** Scores of the oracle and of the attainable ceiling for evaluated users of a simulated data set. */

import type { Truth } from '../../ingest/index.js';
import { TruthScores } from '../../ingest/index.js';
import type { Dataset } from '../../features/index.js';
import type { Interactions } from '../../learning/index.js';
import { createRandom } from '../../learning/index.js';

/** Users for whom the ceiling is computed, which takes some hundredths of a second each. */
const CEILING_USERS = 1_000;

interface Bounds {
  /** Float32Array [nItems] in the order of the data set's items. */
  readonly oracleOf: (user: number) => Float32Array;
  /** The same for a seeded sample of the users; null for the others. */
  readonly ceilingOf: (user: number) => Float32Array | null;
}

/** Null if the truth lacks some of the data set's users or items. `train`: interactions before the last week. */
export function boundsOf(truth: Truth, dataset: Dataset, train: Interactions, seed: number): Bounds | null {
  const rowOf = new Map(truth.userIds.map((userId, row) => [userId, row]));
  const columnOf = new Map(truth.itemIds.map((itemId, column) => [itemId, column]));
  const rows = dataset.userIds.map((userId) => rowOf.get(userId) ?? -1);
  const columns = dataset.itemIds.map((itemId) => columnOf.get(itemId) ?? -1);
  if (rows.includes(-1) || columns.includes(-1)) return null;
  const scores = new TruthScores(truth);
  const random = createRandom(seed);
  const isSampled = rows.map(() => random.next() * rows.length < CEILING_USERS);
  const looksOf = (user: number) => {
    const { indptr, indices, at } = train;
    return Array.from({ length: indptr[user + 1] - indptr[user] }, (_, k) => indptr[user] + k)
      .map((entry) => ({ item: columns[indices[entry]], at: at?.[entry] ?? 0 }))
      .sort((a, b) => a.at - b.at);
  };
  const inOrder = (values: Float32Array) => Float32Array.from(columns, (column) => values[column]);
  return {
    oracleOf: (user) => inOrder(scores.oracle(rows[user], looksOf(user))),
    ceilingOf: (user) => (isSampled[user] ? inOrder(scores.ceiling(rows[user], looksOf(user))) : null),
  };
}
