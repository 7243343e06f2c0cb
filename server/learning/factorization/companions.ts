/**
 * Popularity among users of the same opinion. For every item and opinion, like or dislike, it is the share of these users
 * that like each other item, less the share of all users. It personalises the popularity that newcomers begin with: a few
 * opinions reveal the part of the catalogue that a user knows, long before they reveal the user's taste.
 */
import { topN, transpose } from '../linalg/index.js';
import { interestedUsers } from './popularity.js';
import { preferenceRows } from './signals.js';

import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';

/** Number of users with an opinion at which their share and the share of all users have equal weight. */
const DAMPING = 10;
/** Opinions of fewer users have no companions, which would reveal the likes of single users. */
const MIN_USERS = 3;
/** Max companions of an opinion and in total: they are kept in memory and stored with every version. */
const MAX_COMPANIONS = 50;
const MAX_ENTRIES = 2e6;
/** Users with longer histories are left out: the number of their pairs is the square, and they say little about each. */
const MAX_HISTORY = 1000;
/** Added to the number of opinions, so that the first have little effect. */
const HISTORY_DAMPING = 10;

/** Row of `fitCompanions` for an item and a preference. */
export function companionRow(item: number, preference: number): number {
  return 2 * item + Number(preference < 0);
}

/** Factor of the companions of each entry for a history of these preferences. */
export function companionShare(preference: Float32Array): number {
  return 1 / (HISTORY_DAMPING + preference.reduce((sum, value) => sum + Math.abs(value), 0));
}

/**
 * Sparse [2 nItems, nItems], columns ascending: row 2i is for the users that like item i, row 2i + 1 for the users that
 * dislike it. A value is the share of these users that like the column's item, less the share of all users, in units of
 * the most popular item's share. The values with the largest magnitudes are kept.
 */
export function fitCompanions(
  interactions: Interactions,
  nItems: number,
  hyperParameters: Pick<HyperParameters, 'implicitWeight'>,
): SparseRows {
  const preference = preferenceRows(interactions, nItems, hyperParameters);
  const byItem = transpose(preference, nItems);
  const users = interestedUsers(preference, nItems);
  const most = users.reduce((a, b) => Math.max(a, b), 1);
  const nUsers = preference.indptr.length - 1;
  const nCompanions = maxCompanions(nItems);
  const sums = new Float64Array(nItems);
  const indptr = new Int32Array(2 * nItems + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < 2 * nItems; row++) {
    const item = row >> 1;
    const { found, n } = addLikes(preference, byItem, { item, sign: row % 2 === 0 ? 1 : -1, sums });
    const excess = new Float32Array(found.length);
    const size = new Float32Array(found.length);
    for (let k = 0; k < found.length; k++) {
      const j = found[k];
      if (j !== item) excess[k] = (sums[j] * nUsers - n * users[j]) / (n + DAMPING) / most;
      size[k] = Math.abs(excess[k]);
    }
    const kept = topN(size, nCompanions, (k) => n >= MIN_USERS && size[k] > 0);
    for (const k of kept.sort((a, b) => found[a] - found[b])) {
      indices.push(found[k]);
      values.push(excess[k]);
    }
    for (const j of found) sums[j] = 0;
    indptr[row + 1] = indices.length;
  }
  return { indptr, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}

/** Max entries per row of `fitCompanions`. */
export function maxCompanions(nItems: number): number {
  return Math.min(MAX_COMPANIONS, Math.ceil(MAX_ENTRIES / (2 * nItems)));
}

/** Adds the likes of the users with an opinion of the sign to `sums`; the items found, and the number of the users. */
function addLikes(
  { indptr, indices, values }: SparseRows,
  byItem: SparseRows,
  { item, sign, sums }: { item: number; sign: 1 | -1; sums: Float64Array },
): { found: number[]; n: number } {
  const found: number[] = [];
  let n = 0;
  for (let p = byItem.indptr[item]; p < byItem.indptr[item + 1]; p++) {
    const user = byItem.indices[p];
    const [from, to] = [indptr[user], indptr[user + 1]];
    if (sign * byItem.values[p] < 0 || to - from > MAX_HISTORY) continue;
    n++;
    for (let q = from; q < to; q++) {
      if (values[q] < 0) continue;
      if (sums[indices[q]] === 0) found.push(indices[q]);
      sums[indices[q]]++;
    }
  }
  return { found, n };
}
