/** Ranking metrics of many users, shared by threads if their scores are plain data. */
import type { KernelThreads, SharedTask } from '../kernels/index.js';
import { runParts, sharedFloat64, sharedInt32 } from '../kernels/index.js';

import type { FoldedUsers } from './folded-users.js';
import { foldedScores } from './folded-users.js';
import type { MetricName } from './metrics.js';
import { LIST_LENGTH, METRIC_NAMES, judgeUser } from './metrics.js';

/** Users per part: the scores of a model need some preparation. */
const PART_USERS = 64;
const N_METRICS = METRIC_NAMES.length;

interface Rows {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

interface Judged {
  /** Items that are no candidates, and held-out items, by user. */
  readonly settled: Rows;
  readonly test: Rows;
  /** Int32Array: the users to judge. */
  readonly users: Int32Array;
}

interface JudgeInput extends Judged {
  readonly folded: FoldedUsers;
  readonly out: Judgements;
}

interface Judgements {
  /** Float64Array, row-major [users.length, N_METRICS]. */
  readonly metrics: Float64Array;
  /** Int32Array, row-major [users.length, LIST_LENGTH]: each user's list, -1 past its end. */
  readonly lists: Int32Array;
}

export const judgeTask: SharedTask<JudgeInput> = {
  name: 'judge',
  run: ({ folded, out, ...judged }, part) => judgePart(judged, foldedScores(folded), part, out),
};

/** Float64Array [users.length] per metric, and the lists of all users as in `Judgements`. */
export function judgeEach(
  { scoresOf, ...judged }: Judged & { readonly scoresOf: ((user: number) => Float32Array) | FoldedUsers },
  { threads, onProgress }: { threads?: KernelThreads; onProgress?: (fraction: number) => void },
): { values: Record<MetricName, Float64Array>; lists: Int32Array } {
  const n = judged.users.length;
  const out = { metrics: sharedFloat64(N_METRICS * n), lists: sharedInt32(LIST_LENGTH * n).fill(-1) };
  const nParts = Math.ceil(n / PART_USERS);
  if (typeof scoresOf === 'function') {
    for (let part = 0; part < nParts; part++) {
      judgePart(judged, scoresOf, part, out);
      onProgress?.((part + 1) / nParts);
    }
  } else runParts(threads, judgeTask, { input: { ...judged, folded: scoresOf, out }, nParts, onProgress });
  onProgress?.(1);
  const column = (m: number) =>
    Float64Array.from({ length: n }, (_, row) => out.metrics[N_METRICS * row + m]);
  return {
    values: Object.fromEntries(METRIC_NAMES.map((name, m) => [name, column(m)])) as Record<
      MetricName,
      Float64Array
    >,
    lists: out.lists,
  };
}

function judgePart(
  { settled, test, users }: Judged,
  scoresOf: (user: number) => Float32Array,
  part: number,
  out: Judgements,
): void {
  const end = Math.min(users.length, PART_USERS * (part + 1));
  for (let row = PART_USERS * part; row < end; row++) {
    const user = users[row];
    const { metrics, list } = judgeUser(
      scoresOf(user),
      settled.indices.subarray(settled.indptr[user], settled.indptr[user + 1]),
      test.indices.subarray(test.indptr[user], test.indptr[user + 1]),
    );
    METRIC_NAMES.forEach((name, m) => (out.metrics[N_METRICS * row + m] = metrics[name]));
    out.lists.set(list, LIST_LENGTH * row);
  }
}
