/**
 * Matches clusters to the personas of the previous version, and derives the transitions. Clusters are matched by the
 * Hungarian method on centroids, both in the previous version's space; splits and merges follow from the overlap of
 * current users between both versions.
 */
import { overlapOf } from './agreement.js';
import { assign } from './hungarian.js';
import { nearestCentroids } from './kmeans.js';
import { componentCount, transform } from './preprocessing.js';
import type { PersonaModel } from './persona-model.js';

/** A transition between two versions; `from` has ids of the earlier version, `to` of the later. */
export interface PersonaTransition {
  readonly kind: 'kept' | 'born' | 'died' | 'split' | 'merged';
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface PersonaMatch {
  /** Int32Array [k]: the earlier persona continued by each cluster, or -1. */
  readonly earlier: Int32Array;
  /** Float64Array, row-major [earlier personas, k]: current users by both versions. */
  readonly overlap: Float64Array;
}

/**
 * A cluster continues an earlier persona if its distance is within twice the typical distance of a user from a
 * centroid, or less than halfway to the persona's nearest neighbour; more distant clusters are new.
 */
const MATCH_LIMIT = 4;
/** Min share of a cluster to be a branch of a split or merge, and min share that links the branch to its stem. */
const BRANCH_SHARE = 0.25;
const STEM_SHARE = 0.5;

/**
 * Matches clusters of `features`, Float64Array, row-major [nUsers, names.length], to the personas of `previous`; null
 * if that version has different features or a single persona. Throws like `transform`.
 */
export function matchPersonas(
  previous: PersonaModel,
  features: Float64Array,
  clusters: { readonly k: number; readonly labels: Int32Array },
): PersonaMatch | null {
  const nComponents = componentCount(previous.preprocessing);
  const nFeatures = previous.preprocessing.names.length;
  if (nComponents === 0 || features.length !== clusters.labels.length * nFeatures) return null;
  const points = transform(previous.preprocessing, features);
  const nEarlier = previous.personas.length;
  const overlap = overlapOf(
    nearestCentroids(points, nComponents, previous.centroids),
    clusters.labels,
    nEarlier,
    clusters.k,
  );
  const cost = squaredDistances(centroidsOf(points, nComponents, clusters), previous.centroids, nComponents);
  const limits = matchLimits(previous, nComponents);
  const earlier = assign(cost, clusters.k, nEarlier).map((before, cluster) =>
    before >= 0 && cost[cluster * nEarlier + before] <= limits[before] ? before : -1,
  );
  return { earlier, overlap };
}

/** Float64Array [earlier personas]: max squared distance of a cluster that continues the persona. */
function matchLimits({ centroids, personas, temperature }: PersonaModel, nComponents: number): Float64Array {
  const n = personas.length;
  const between = squaredDistances(centroids, centroids, nComponents);
  return Float64Array.from(personas, (_, e) => {
    const gaps = between.subarray(e * n, (e + 1) * n).filter((__, other) => other !== e);
    const nearest = gaps.reduce((least, gap) => Math.min(least, gap), Infinity);
    return Math.max(MATCH_LIMIT * temperature, nearest < Infinity ? nearest / 4 : 0);
  });
}

/** Transitions between the ids of both versions, from `overlap` of the match. Throws nothing. */
export function transitionsOf(
  earlierIds: readonly string[],
  laterIds: readonly string[],
  overlap: Float64Array,
): PersonaTransition[] {
  const nLater = laterIds.length;
  const count = (e: number, l: number) => overlap[e * nLater + l];
  const earlierSizes = earlierIds.map((_, e) => laterIds.reduce((sum, __, l) => sum + count(e, l), 0));
  const laterSizes = laterIds.map((_, l) => earlierIds.reduce((sum, __, e) => sum + count(e, l), 0));
  const shareOfEarlier = (e: number, l: number) => (earlierSizes[e] > 0 ? count(e, l) / earlierSizes[e] : 0);
  const shareOfLater = (e: number, l: number) => (laterSizes[l] > 0 ? count(e, l) / laterSizes[l] : 0);

  const kept = laterIds.filter((id) => earlierIds.includes(id));
  const transitions: PersonaTransition[] = kept.map((id) => ({ kind: 'kept', from: [id], to: [id] }));
  earlierIds.forEach((id, e) => {
    const to = laterIds.filter(
      (_, l) => shareOfEarlier(e, l) >= BRANCH_SHARE && shareOfLater(e, l) >= STEM_SHARE,
    );
    if (to.length > 1) transitions.push({ kind: 'split', from: [id], to });
  });
  laterIds.forEach((id, l) => {
    const from = earlierIds.filter(
      (_, e) => shareOfLater(e, l) >= BRANCH_SHARE && shareOfEarlier(e, l) >= STEM_SHARE,
    );
    if (from.length > 1) transitions.push({ kind: 'merged', from, to: [id] });
  });
  // Branches are explained; the remaining personas are born or died.
  const explained = (id: string, side: 'from' | 'to') =>
    transitions.some((transition) => transition[side].includes(id));
  const born = laterIds.filter((id) => !explained(id, 'to'));
  const died = earlierIds.filter((id) => !explained(id, 'from'));
  return [
    ...transitions,
    ...born.map((id) => ({ kind: 'born' as const, from: [], to: [id] })),
    ...died.map((id) => ({ kind: 'died' as const, from: [id], to: [] })),
  ];
}

function centroidsOf(
  points: Float64Array,
  nComponents: number,
  { k, labels }: { readonly k: number; readonly labels: Int32Array },
): Float64Array {
  const sums = new Float64Array(k * nComponents);
  const sizes = new Float64Array(k);
  for (let i = 0; i < labels.length; i++) {
    sizes[labels[i]]++;
    for (let d = 0; d < nComponents; d++) sums[labels[i] * nComponents + d] += points[i * nComponents + d];
  }
  return sums.map((sum, at) => sum / Math.max(1, sizes[Math.floor(at / nComponents)]));
}

/** Float64Array, row-major [rows of a, rows of b]. */
function squaredDistances(a: Float64Array, b: Float64Array, nComponents: number): Float64Array {
  const nB = b.length / nComponents;
  const distances = new Float64Array((a.length / nComponents) * nB);
  for (let at = 0; at < distances.length; at++) {
    const aStart = Math.floor(at / nB) * nComponents;
    const bStart = (at % nB) * nComponents;
    for (let d = 0; d < nComponents; d++) distances[at] += (a[aStart + d] - b[bStart + d]) ** 2;
  }
  return distances;
}
