/** Measures whether clusters are reproducible over bootstrap samples of the same users and over seeds. */
import { createRandom } from '../linalg/random.js';
import { adjustedRandIndex, overlapOf } from './agreement.js';
import { assign } from './hungarian.js';
import { fitKMeans, nearestCentroids } from './kmeans.js';
import { createKernels } from '../kernels/index.js';

export interface StabilityOptions {
  readonly seed: number;
  /** Number of bootstrap refits, and of refits with different seeds; at least 1, default 20. */
  readonly nRefits?: number;
  /** Starts per fit; default 10. */
  readonly nInit?: number;
}

export interface Stability {
  /** Mean and min adjusted Rand index between the fit and fits of bootstrap samples, each labelling all points. */
  readonly meanAgreement: number;
  readonly leastAgreement: number;
  /** Mean share of points that change cluster under a different seed, clusters matched by their members. */
  readonly churn: number;
}

/**
 * Refits KMeans with k clusters. `points` is Float64Array, row-major [nPoints, nComponents].
 * Throws like `fitKMeans`.
 */
export function measureStability(
  points: Float64Array,
  nComponents: number,
  k: number,
  { seed, nRefits = 20, nInit = 10 }: StabilityOptions,
): Stability {
  const kernels = createKernels();
  const random = createRandom(seed);
  const base = fitKMeans(points, nComponents, k, { seed, nInit, kernels });
  let agreement = 0;
  let leastAgreement = 1;
  let churn = 0;
  for (let refit = 1; refit <= nRefits; refit++) {
    const options = { seed: seed + refit, nInit, kernels };
    const resampled = fitKMeans(
      bootstrapRows(points, nComponents, () => random.next()),
      nComponents,
      k,
      options,
    );
    const again = adjustedRandIndex(base.labels, nearestCentroids(points, nComponents, resampled.centroids));
    agreement += again / nRefits;
    leastAgreement = Math.min(leastAgreement, again);
    const reseeded = fitKMeans(points, nComponents, k, options);
    churn += shareMoved(base.labels, reseeded.labels, Math.max(base.k, reseeded.k)) / nRefits;
  }
  return { meanAgreement: agreement, leastAgreement, churn };
}

/** Share of rows outside of the cluster matched to their own. */
function shareMoved(before: Int32Array, after: Int32Array, k: number): number {
  const overlap = overlapOf(before, after, k, k);
  const match = assign(
    overlap.map((count) => -count),
    k,
    k,
  );
  const stayed = match.reduce((sum, to, from) => sum + overlap[from * k + to], 0);
  return 1 - stayed / before.length;
}

function bootstrapRows(points: Float64Array, nComponents: number, next: () => number): Float64Array {
  const nPoints = points.length / nComponents;
  const sample = new Float64Array(points.length);
  for (let i = 0; i < nPoints; i++) {
    const row = Math.floor(next() * nPoints);
    sample.set(points.subarray(row * nComponents, (row + 1) * nComponents), i * nComponents);
  }
  return sample;
}
