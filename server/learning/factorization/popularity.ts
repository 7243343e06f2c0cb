/** Popularity of items: over all time, and recently. */
import { DAY_MS } from '../durations.js';
import { KNOWN_TIME_FROM, preferenceOf } from './signals.js';

import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';

/** Number of users who prefer each item. */
export function interestedUsers({ indices, values }: SparseRows, nItems: number): Float64Array {
  const counts = new Float64Array(nItems);
  for (let p = 0; p < indices.length; p++) if (values[p] > 0) counts[indices[p]]++;
  return counts;
}

/** Counts relative to the largest; all 0 if the largest is 0. */
export function relative(counts: Float64Array): Float32Array {
  const largest = counts.reduce((a, b) => Math.max(a, b), 0);
  return Float32Array.from(counts, (count) => (largest === 0 ? 0 : count / largest));
}

/**
 * Preferences of each item relative to the largest, each with a half-life of `recentPopularityHalfLife` days before the latest
 * interaction of all users.
 */
export function recentPopularityOf(
  { indices, strength, opinion, purchased, at }: Interactions,
  nItems: number,
  hyperParameters: Pick<HyperParameters, 'implicitWeight' | 'recentPopularityHalfLife'>,
): Float32Array {
  const counts = new Float64Array(nItems);
  let latest = 0;
  for (let p = 0; at !== undefined && p < at.length; p++) if (at[p] > latest) latest = at[p];
  for (let p = 0; at !== undefined && p < indices.length; p++) {
    if (at[p] < KNOWN_TIME_FROM) continue;
    const entry = { strength: strength[p], opinion: opinion[p], purchased: purchased[p] };
    const age = (latest - at[p]) / (hyperParameters.recentPopularityHalfLife * DAY_MS);
    counts[indices[p]] += Math.max(0, preferenceOf(entry, hyperParameters)) * 2 ** -age;
  }
  return relative(counts);
}

/** Number of likes at which half of the newness is left. */
const NEW_LIKES = 5;

/** Newness of a user with this many likes: 1 without likes, falling towards 0 with their square. */
export function newness(likes: number): number {
  return 1 / (1 + (likes / NEW_LIKES) ** 2);
}
