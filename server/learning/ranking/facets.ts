/**
 * Facets of a user: groups of liked items that are similar to each other ("your science-fiction side"), by spherical
 * k-means (Dhillon and Modha 2001) on the items' embeddings. The number of facets has the largest mean silhouette; a
 * user whose likes do not split well has a single facet. PersonaX (Shi et al. 2025) splits long histories in a similar
 * way, for the prompts of a language model; here a facet is only its items and their mean direction.
 */
import { InvalidShapeError } from '../errors.js';
import { createRandom } from '../linalg/index.js';

import type { History } from '../factorization/index.js';
import type { Random } from '../linalg/index.js';

export interface EmbeddingSpace {
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly embeddings: Float32Array;
  readonly nComponents: number;
}

export interface FacetsInput extends EmbeddingSpace {
  /** Int32Array: the items that the user likes, each once, the latest first. */
  readonly items: Int32Array;
}

/** Ordered by size, largest first. */
export interface Facets {
  readonly nFacets: number;
  /** Int32Array [nLiked]: the liked items. */
  readonly items: Int32Array;
  /** Int32Array [nLiked]: facet of each liked item. */
  readonly assignment: Int32Array;
  /** Float64Array [nFacets]: share of the liked items; the shares sum to 1. */
  readonly shares: Float64Array;
  /** Float64Array, row-major [nFacets, nComponents]: mean directions, each of length 1. */
  readonly centroids: Float64Array;
  /** Mean silhouette in cosine distance; 0 for a single facet. */
  readonly silhouette: number;
}

/** Liked items from which a user has facets at all, */
export const MIN_LIKES = 5;
/** items of the smallest facet, */
const MIN_ITEMS = 4;
/** and the largest number of facets. */
const MAX_FACETS = 5;
/** Number of likes, the latest, that facets are fitted to; older likes join the nearest facet. */
const MAX_FITTED = 100;
/** Mean silhouette that a split needs, */
const MIN_SILHOUETTE = 0.05;
/** and largest cosine of two facets: the silhouette is relative, and would split even the closest group. */
const MAX_LIKENESS = 0.8;
const N_STARTS = 3;
const MAX_ITERATIONS = 20;
/** Any number: the same likes give the same facets. */
const SEED = 1;

interface Split {
  readonly assignment: Int32Array;
  readonly centroids: Float64Array;
  readonly cohesion: number;
}

/** Items with a like, and purchased items without a dislike; the latest first. */
export function likedItems({
  indices,
  opinion,
  purchased,
  at,
}: Required<Pick<History, 'indices' | 'opinion' | 'purchased' | 'at'>>): Int32Array {
  const entries = Array.from(indices.keys()).filter(
    (p) => opinion[p] > 0 || (opinion[p] === 0 && purchased[p] === 1),
  );
  entries.sort((p, q) => at[q] - at[p] || indices[p] - indices[q]);
  return Int32Array.from(entries, (p) => indices[p]);
}

/** Null with fewer than `MIN_LIKES` items. Throws InvalidShapeError for an unknown item. */
export function findFacets({ items, embeddings, nComponents }: FacetsInput): Facets | null {
  if (items.some((item) => !(item >= 0 && (item + 1) * nComponents <= embeddings.length)))
    throw new InvalidShapeError('A liked item is not in the model.');
  if (items.length < MIN_LIKES) return null;
  // Sorted, so that the order of the same likes does not matter.
  const points = unitRows(items.slice(0, MAX_FITTED).sort(), embeddings, nComponents);
  const random = createRandom(SEED);
  let best = { centroids: split(points, nComponents, 1, random).centroids, silhouette: 0 };
  for (let k = 2; k <= MAX_FACETS && k * MIN_ITEMS * nComponents <= points.length; k++) {
    const candidate = bestOfStarts(points, nComponents, k, random);
    if (candidate === null) continue;
    const { centroids, assignment } = candidate;
    const silhouette = cosineSilhouette(points, assignment, k);
    if (silhouette > Math.max(best.silhouette, MIN_SILHOUETTE)) best = { centroids, silhouette };
  }
  return largestFirst({ items, embeddings, nComponents }, best.centroids, best.silhouette);
}

/** The liked items of a facet, most typical first; ties by item. */
export function typicalItems(
  { items, assignment, centroids }: Facets,
  { embeddings, nComponents: d }: EmbeddingSpace,
  facet: number,
): Int32Array {
  const own = items.filter((_, p) => assignment[p] === facet);
  const points = unitRows(own, embeddings, d);
  const nearness = new Map(
    Array.from(own, (item, p) => [item, dotAt(points, p * d, centroids, facet * d, d)]),
  );
  return own.sort((a, b) => nearness.get(b)! - nearness.get(a)! || a - b);
}

/** The facet whose mean direction is nearest to the item's; ties go to the larger facet. */
export function facetOf(
  { nFacets, centroids }: Pick<Facets, 'nFacets' | 'centroids'>,
  { embeddings, nComponents: d }: EmbeddingSpace,
  item: number,
): number {
  let nearest = 0;
  let nearness = -Infinity;
  for (let f = 0; f < nFacets; f++) {
    let dot = 0;
    for (let c = 0; c < d; c++) dot += centroids[f * d + c] * embeddings[item * d + c];
    if (dot > nearness) [nearest, nearness] = [f, dot];
  }
  return nearest;
}

/** The most cohesive of several starts without small or similar facets; null if there is none. */
function bestOfStarts(points: Float64Array, d: number, k: number, random: Random): Split | null {
  let best: Split | null = null;
  for (let start = 0; start < N_STARTS; start++) {
    const found = split(points, d, k, random);
    if (sizesOf(found.assignment, k).some((size) => size < MIN_ITEMS)) continue;
    if (largestCosine(found.centroids, d) > MAX_LIKENESS) continue;
    if (best === null || found.cohesion > best.cohesion) best = found;
  }
  return best;
}

/** Of any two of the directions. */
function largestCosine(directions: Float64Array, d: number): number {
  let largest = -1;
  for (let a = 0; a < directions.length; a += d)
    for (let b = 0; b < a; b += d) largest = Math.max(largest, dotAt(directions, a, directions, b, d));
  return largest;
}

/** Spherical k-means from starts far from each other (k-means++ in cosine distance). */
function split(points: Float64Array, d: number, k: number, random: Random): Split {
  const n = points.length / d;
  const centroids = farStarts(points, d, k, random);
  const assignment = new Int32Array(n).fill(-1);
  let cohesion = 0;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    let nMoved = 0;
    cohesion = 0;
    for (let p = 0; p < n; p++) {
      let nearest = 0;
      let nearness = -Infinity;
      for (let f = 0; f < k; f++) {
        const cosine = dotAt(points, p * d, centroids, f * d, d);
        if (cosine > nearness) [nearest, nearness] = [f, cosine];
      }
      if (assignment[p] !== nearest) nMoved++;
      assignment[p] = nearest;
      cohesion += nearness;
    }
    if (nMoved === 0) break;
    centroids.set(directions(points, d, assignment, k));
  }
  return { assignment, centroids, cohesion };
}

function farStarts(points: Float64Array, d: number, k: number, random: Random): Float64Array {
  const n = points.length / d;
  const centroids = new Float64Array(k * d);
  const distance = new Float64Array(n).fill(Infinity);
  let chosen = random.int(n);
  for (let f = 0; f < k; f++) {
    centroids.set(points.subarray(chosen * d, (chosen + 1) * d), f * d);
    let total = 0;
    for (let p = 0; p < n; p++) {
      distance[p] = Math.min(distance[p], Math.max(0, 1 - dotAt(points, p * d, centroids, f * d, d)));
      total += distance[p];
    }
    let left = random.next() * total;
    chosen = 0;
    while (chosen < n - 1 && (left -= distance[chosen]) > 0) chosen++;
  }
  return centroids;
}

/** Float64Array, row-major [k, d]: sums of the members scaled to length 1; zeros for an empty facet. */
function directions(points: Float64Array, d: number, assignment: Int32Array, k: number): Float64Array {
  const sums = sumsOf(points, d, assignment, k);
  for (let f = 0; f < k; f++) scaleToOne(sums, f * d, d);
  return sums;
}

/**
 * Mean silhouette (Rousseeuw 1987) in cosine distance. The mean distance to a cluster is linear in its members, so
 * their sum replaces the pass over all pairs. Points alone in their cluster count 0.
 */
export function cosineSilhouette(points: Float64Array, assignment: Int32Array, k: number): number {
  const n = assignment.length;
  const d = points.length / n;
  const sums = sumsOf(points, d, assignment, k);
  const sizes = sizesOf(assignment, k);
  let total = 0;
  for (let p = 0; p < n; p++) {
    const own = assignment[p];
    if (sizes[own] < 2) continue;
    const self = dotAt(points, p * d, points, p * d, d);
    const within = 1 - (dotAt(points, p * d, sums, own * d, d) - self) / (sizes[own] - 1);
    let between = Infinity;
    for (let f = 0; f < k; f++)
      if (f !== own && sizes[f] > 0)
        between = Math.min(between, 1 - dotAt(points, p * d, sums, f * d, d) / sizes[f]);
    const larger = Math.max(within, between);
    if (larger > 0) total += (between - within) / larger;
  }
  return total / n;
}

function largestFirst({ items, ...space }: FacetsInput, centroids: Float64Array, silhouette: number): Facets {
  const { nComponents: d } = space;
  const nFacets = centroids.length / d;
  const assignment = items.map((item) => facetOf({ nFacets, centroids }, space, item));
  const sizes = sizesOf(assignment, nFacets);
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b] - sizes[a] || a - b);
  return Object.freeze({
    nFacets,
    items,
    assignment: assignment.map((facet) => order.indexOf(facet)),
    shares: Float64Array.from(order, (facet) => sizes[facet] / items.length),
    centroids: Float64Array.from(order.flatMap((f) => [...centroids.subarray(f * d, (f + 1) * d)])),
    silhouette,
  });
}

function sizesOf(assignment: Int32Array, k: number): Int32Array {
  const sizes = new Int32Array(k);
  for (const facet of assignment) sizes[facet]++;
  return sizes;
}

function sumsOf(points: Float64Array, d: number, assignment: Int32Array, k: number): Float64Array {
  const sums = new Float64Array(k * d);
  for (let p = 0; p < assignment.length; p++)
    for (let c = 0; c < d; c++) sums[assignment[p] * d + c] += points[p * d + c];
  return sums;
}

function unitRows(items: Int32Array, embeddings: Float32Array, d: number): Float64Array {
  const points = new Float64Array(items.length * d);
  items.forEach((item, p) => {
    points.set(embeddings.subarray(item * d, (item + 1) * d), p * d);
    scaleToOne(points, p * d, d);
  });
  return points;
}

function scaleToOne(rows: Float64Array, start: number, d: number): void {
  const length = Math.sqrt(dotAt(rows, start, rows, start, d));
  if (length === 0) return;
  for (let c = 0; c < d; c++) rows[start + c] /= length;
}

function dotAt(a: Float64Array, startA: number, b: Float64Array, startB: number, d: number): number {
  let sum = 0;
  for (let c = 0; c < d; c++) sum += a[startA + c] * b[startB + c];
  return sum;
}
