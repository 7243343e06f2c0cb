/** Seeded tables for the clustering tests. */
import { createRandom } from '../../../server/learning/index.js';

/** `nPoints` points in turn around `centres` [k][d], with normal noise; Float64Array, row-major. */
export function blobs(
  nPoints: number,
  centres: readonly (readonly number[])[],
  noise: number,
  seed = 1,
): Float64Array {
  const random = createRandom(seed);
  const rows = Array.from({ length: nPoints }, (_, i) =>
    centres[i % centres.length].map((value) => value + noise * random.normal()),
  );
  return Float64Array.from(rows.flat());
}

/** The cluster each point of `blobs` was made for. */
export function trueLabels(nPoints: number, k: number): Int32Array {
  return Int32Array.from({ length: nPoints }, (_, i) => i % k);
}

export const FOUR_CORNERS = [
  [0, 0, 0],
  [8, 0, 0],
  [0, 8, 0],
  [0, 0, 8],
] as const;

export const BEHAVIOUR_NAMES = [
  'searchShare',
  'dwellMeanSeconds',
  'clickThroughRate',
  'bounceRate',
  'purchaseRate',
  'basketValue',
  'categoryEntropy',
  'longTailShare',
  'weekendShare',
  'hourEntropy',
] as const;

/** Typical rows of the four archetypes, in the order of BEHAVIOUR_NAMES. */
const TYPICAL = {
  seeker: [0.5, 90, 0.4, 0.1, 0.02, 10, 0.8, 0.3, 0.3, 2],
  browser: [0.05, 10, 0.05, 0.6, 0.01, 5, 1.3, 0.3, 0.3, 2],
  buyer: [0.1, 40, 0.3, 0.15, 0.25, 80, 1, 0.2, 0.3, 2],
  explorer: [0.1, 35, 0.25, 0.2, 0.02, 10, 2.4, 0.7, 0.3, 2],
} as const;
export const ARCHETYPE_IDS = Object.keys(TYPICAL) as (keyof typeof TYPICAL)[];

/** Users of the four archetypes in turn, with log-normal noise and heavy-tailed basket values. */
export function behaviourTable(nUsers: number, seed = 1): Float64Array {
  const random = createRandom(seed);
  const rows = Array.from({ length: nUsers }, (_, user) =>
    TYPICAL[ARCHETYPE_IDS[user % 4]].map((value) => value * Math.exp(0.25 * random.normal())),
  );
  return Float64Array.from(rows.flat());
}
