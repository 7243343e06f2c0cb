/** Measures how far current users have moved from the training users of a version. */
import { InvalidShapeError } from '../errors.js';
import { quantileOfSorted, sortedColumn } from './columns.js';
import { nearestCentroids } from './kmeans.js';
import { componentCount, transform } from './preprocessing.js';
import type { FeatureDistributions, PersonaModel } from './persona-model.js';

const N_BINS = 10;
/** Replaces the share of an empty bin, which has no logarithm. */
const LEAST_SHARE = 1e-4;

/**
 * Histograms of `features`, Float64Array, row-major [nUsers, nFeatures], at least a single user. Throws
 * InvalidShapeError.
 */
export function fitDistributions(features: Float64Array, nFeatures: number): FeatureDistributions {
  checkRows(features, nFeatures);
  const edges = new Float64Array(nFeatures * (N_BINS - 1));
  for (let f = 0; f < nFeatures; f++) {
    const sorted = sortedColumn(features, f, nFeatures);
    for (let e = 1; e < N_BINS; e++) edges[f * (N_BINS - 1) + e - 1] = quantileOfSorted(sorted, e / N_BINS);
  }
  return Object.freeze({ edges, shares: sharesIn(edges, features, nFeatures) });
}

/**
 * Population stability index of every feature, Float64Array [nFeatures]: 0 for equal distributions; by convention below
 * 0.1 is stable and above 0.25 has drifted. Throws InvalidShapeError.
 */
export function populationStability(
  { edges, shares }: FeatureDistributions,
  features: Float64Array,
): Float64Array {
  const nFeatures = shares.length / N_BINS;
  checkRows(features, nFeatures);
  const now = sharesIn(edges, features, nFeatures);
  const index = new Float64Array(nFeatures);
  for (let at = 0; at < shares.length; at++) {
    const before = Math.max(LEAST_SHARE, shares[at]);
    const after = Math.max(LEAST_SHARE, now[at]);
    index[Math.floor(at / N_BINS)] += (after - before) * Math.log(after / before);
  }
  return index;
}

/** Drift of a persona relative to its training users. */
export interface PersonaDrift {
  readonly personaId: string;
  /** Distance from its centroid to the current mean of its members, in typical distances of a user from a centroid. */
  readonly centroidShift: number;
  /** Share of the current users, and of the training users, 0..1. */
  readonly share: number;
  readonly previousShare: number;
}

export interface Drift {
  /** Float64Array [nFeatures], see `populationStability`. */
  readonly stability: Float64Array;
  readonly personas: readonly PersonaDrift[];
}

/**
 * Measures the drift of users with these `features`, Float64Array, row-major [nUsers, nFeatures], from the training
 * users of `model`. Throws like `transform`.
 */
export function measureDrift(model: PersonaModel, features: Float64Array): Drift {
  const nComponents = componentCount(model.preprocessing);
  const points = transform(model.preprocessing, features);
  const nUsers = features.length / model.preprocessing.names.length;
  const labels =
    nComponents === 0 ? new Int32Array(nUsers) : nearestCentroids(points, nComponents, model.centroids);
  const sizes = new Int32Array(model.personas.length);
  const sums = new Float64Array(model.centroids.length);
  labels.forEach((label, user) => {
    sizes[label] += 1;
    for (let m = 0; m < nComponents; m++) sums[label * nComponents + m] += points[user * nComponents + m];
  });
  const personas = model.personas.map(({ personaId, share: previousShare }, persona) => {
    let square = 0;
    for (let m = 0; sizes[persona] > 0 && m < nComponents; m++) {
      const at = persona * nComponents + m;
      square += (sums[at] / sizes[persona] - model.centroids[at]) ** 2;
    }
    const centroidShift = Math.sqrt(square / model.temperature);
    return { personaId, centroidShift, share: sizes[persona] / nUsers, previousShare };
  });
  return { stability: populationStability(model.distributions, features), personas };
}

function sharesIn(edges: Float64Array, features: Float64Array, nFeatures: number): Float64Array {
  const nUsers = features.length / nFeatures;
  const shares = new Float64Array(nFeatures * N_BINS);
  for (let at = 0; at < features.length; at++) {
    const f = at % nFeatures;
    let bin = 0;
    while (bin < N_BINS - 1 && features[at] > edges[f * (N_BINS - 1) + bin]) bin++;
    shares[f * N_BINS + bin] += 1 / nUsers;
  }
  return shares;
}

function checkRows(features: Float64Array, nFeatures: number): void {
  if (features.length === 0 || features.length % nFeatures !== 0) {
    throw new InvalidShapeError(`${features.length} values do not fill rows of ${nFeatures} features.`);
  }
}
