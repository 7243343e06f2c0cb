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
  /** Int32Array, ascending: the likes that the directions are fitted to. */
  readonly fitted: Int32Array;
}

/** Liked items from which a user has facets at all, */
export const MIN_LIKES = 5;
/** items of the smallest facet, */
const MIN_ITEMS = 4;
/** and the largest number of facets. */
const MAX_FACETS = 5;
/** Number of likes that facets are fitted to; older likes join the nearest facet. */
const MAX_FITTED = 100;
/** Share of the latest likes that may join the nearest facet too, so that not every like costs a fit. */
const MAX_JOINING = 1 / 8;
/** Mean silhouette that a split needs, */
const MIN_SILHOUETTE = 0.05;
/** and largest cosine of two facets: the silhouette is relative, and would split even the closest group. */
const MAX_LIKENESS = 0.8;
const N_STARTS = 3;
const MAX_ITERATIONS = 20;
/** Any number: the same likes give the same facets. */
const SEED = 1;

/** A division of the liked items. The unit vectors of a facet have a sum; `nearness` and `norms` describe these sums. */
interface Split {
  /** Int32Array [nLiked]. */
  readonly assignment: Int32Array;
  /** Float64Array, row-major [k, nLiked]: product of each sum with each point. */
  readonly nearness: Float64Array;
  /** Float64Array [k]: length of each sum. */
  readonly norms: Float64Array;
  /** Int32Array [k]. */
  readonly sizes: Int32Array;
  /** Sum of the cosines of the points with their directions. */
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

/**
 * Null with fewer than `MIN_LIKES` items. `known`, facets of the same user in the same space, saves the fit if they were
 * fitted to the same likes. Throws InvalidShapeError for an unknown item.
 */
export function findFacets(input: FacetsInput, known: Facets | null = null): Facets | null {
  const { items, embeddings, nComponents } = input;
  if (items.some((item) => !(item >= 0 && (item + 1) * nComponents <= embeddings.length)))
    throw new InvalidShapeError('A liked item is not in the model.');
  if (items.length < MIN_LIKES) return null;
  const fitted = fittedItems(items);
  if (known !== null && isEqual(known.fitted, fitted)) return largestFirst(input, known);
  const points = unitRows(fitted, embeddings, nComponents);
  const cosines = cosinesOf(points, nComponents);
  const n = fitted.length;
  const random = createRandom(SEED);
  let best: { assignment: Int32Array; k: number; silhouette: number } = {
    ...{ assignment: new Int32Array(n), k: 1, silhouette: 0 },
  };
  for (let k = 2; k <= MAX_FACETS && k * MIN_ITEMS <= n; k++) {
    const candidate = bestOfStarts(cosines, n, k, random);
    if (candidate === null) continue;
    const silhouette = meanSilhouette(cosines, candidate);
    if (silhouette > Math.max(best.silhouette, MIN_SILHOUETTE))
      best = { assignment: candidate.assignment, k, silhouette };
  }
  const centroids = directions(points, nComponents, best.assignment, best.k);
  return largestFirst(input, { centroids, silhouette: best.silhouette, fitted });
}

/**
 * The likes to fit to, ascending, so that the order of the same likes does not matter. Their number grows in steps, by a
 * power of two: of 64 to 127 likes, the latest zero to seven are left out.
 */
function fittedItems(items: Int32Array) {
  const step = Math.max(1, MAX_JOINING * 2 ** Math.floor(Math.log2(items.length)));
  const nJoining = items.length % step;
  return items.slice(nJoining, nJoining + MAX_FITTED).sort();
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
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

/** Float64Array [n, n]: products of all pairs of points, which are all that the search for a split needs. */
function cosinesOf(points: Float64Array, d: number): Float64Array {
  const n = points.length / d;
  const cosines = new Float64Array(n * n);
  for (let p = 0; p < n; p++)
    for (let q = 0; q <= p; q++)
      cosines[p * n + q] = cosines[q * n + p] = dotAt(points, p * d, points, q * d, d);
  return cosines;
}

/** The most cohesive of several starts without small or similar facets; null if there is none. */
function bestOfStarts(cosines: Float64Array, n: number, k: number, random: Random): Split | null {
  let best: Split | null = null;
  for (let start = 0; start < N_STARTS; start++) {
    const found = split(cosines, n, k, random);
    if (found.sizes.some((size) => size < MIN_ITEMS)) continue;
    if (largestCosine(found) > MAX_LIKENESS) continue;
    if (best === null || found.cohesion > best.cohesion) best = found;
  }
  return best;
}

/** Of any two of the directions. */
function largestCosine({ assignment, nearness, norms }: Split): number {
  const n = assignment.length;
  const k = norms.length;
  const products = new Float64Array(k * k);
  for (let p = 0; p < n; p++)
    for (let f = 0; f < k; f++) products[f * k + assignment[p]] += nearness[f * n + p];
  let largest = -1;
  for (let f = 0; f < k; f++)
    for (let g = 0; g < f; g++) largest = Math.max(largest, products[f * k + g] / (norms[f] * norms[g]));
  return largest;
}

/**
 * Spherical k-means from starts far from each other (k-means++ in cosine distance). A point that moves changes the
 * products of two sums, so an iteration costs what moves in it.
 */
function split(cosines: Float64Array, n: number, k: number, random: Random): Split {
  const starts = farStarts(cosines, n, k, random);
  const assignment = new Int32Array(n);
  const sizes = new Int32Array(k);
  const nearness = new Float64Array(k * n);
  for (let p = 0; p < n; p++) {
    for (let f = 1; f < k; f++)
      if (cosines[starts[f] * n + p] > cosines[starts[assignment[p]] * n + p]) assignment[p] = f;
    sizes[assignment[p]]++;
    addRow(nearness, assignment[p] * n, cosines, p * n, n, 1);
  }
  let norms = normsOf(nearness, assignment, k);
  let cohesion = 0;
  for (let iteration = 1; iteration < MAX_ITERATIONS; iteration++) {
    const next = assignment.slice();
    cohesion = 0;
    for (let p = 0; p < n; p++) {
      let highest = -Infinity;
      for (let f = 0; f < k; f++) {
        const cosine = norms[f] === 0 ? 0 : nearness[f * n + p] / norms[f];
        if (cosine > highest) [next[p], highest] = [f, cosine];
      }
      cohesion += highest;
    }
    let nMoved = 0;
    for (let p = 0; p < n; p++) {
      if (next[p] === assignment[p]) continue;
      nMoved++;
      addRow(nearness, assignment[p] * n, cosines, p * n, n, -1);
      addRow(nearness, next[p] * n, cosines, p * n, n, 1);
      sizes[assignment[p]]--;
      sizes[next[p]]++;
      assignment[p] = next[p];
    }
    if (nMoved === 0) break;
    norms = normsOf(nearness, assignment, k);
  }
  return { assignment, nearness, norms, sizes, cohesion };
}

/** sums[at..] += sign * rows[from..], n values. */
function addRow(
  sums: Float64Array,
  at: number,
  rows: Float64Array,
  from: number,
  n: number,
  sign: 1 | -1,
): void {
  for (let q = 0; q < n; q++) sums[at + q] += sign * rows[from + q];
}

/** The square of a sum's length is the sum of its products with its members. */
function normsOf(nearness: Float64Array, assignment: Int32Array, k: number): Float64Array {
  const n = assignment.length;
  const squares = new Float64Array(k);
  for (let p = 0; p < n; p++) squares[assignment[p]] += nearness[assignment[p] * n + p];
  return squares.map((square) => Math.sqrt(Math.max(square, 0)));
}

/** Int32Array [k]: points, each likelier the farther it is from those before. */
function farStarts(cosines: Float64Array, n: number, k: number, random: Random): Int32Array {
  const starts = new Int32Array(k);
  const distance = new Float64Array(n).fill(Infinity);
  let chosen = random.int(n);
  for (let f = 0; f < k; f++) {
    starts[f] = chosen;
    let total = 0;
    for (let p = 0; p < n; p++) {
      distance[p] = Math.min(distance[p], Math.max(0, 1 - cosines[chosen * n + p]));
      total += distance[p];
    }
    let left = random.next() * total;
    chosen = 0;
    while (chosen < n - 1 && (left -= distance[chosen]) > 0) chosen++;
  }
  return starts;
}

/** Float64Array, row-major [k, d]: sums of the members scaled to length 1; zeros for an empty facet. */
function directions(points: Float64Array, d: number, assignment: Int32Array, k: number): Float64Array {
  const sums = new Float64Array(k * d);
  for (let p = 0; p < assignment.length; p++)
    for (let c = 0; c < d; c++) sums[assignment[p] * d + c] += points[p * d + c];
  for (let f = 0; f < k; f++) scaleToOne(sums, f * d, d);
  return sums;
}

/**
 * Mean silhouette (Rousseeuw 1987) in cosine distance. The mean distance to a cluster is linear in its members, so
 * their sum replaces the pass over all pairs. Points alone in their cluster count 0.
 */
function meanSilhouette(cosines: Float64Array, { assignment, nearness, sizes }: Split): number {
  const n = assignment.length;
  let total = 0;
  for (let p = 0; p < n; p++) {
    const own = assignment[p];
    if (sizes[own] < 2) continue;
    const within = 1 - (nearness[own * n + p] - cosines[p * n + p]) / (sizes[own] - 1);
    let between = Infinity;
    for (let f = 0; f < sizes.length; f++)
      if (f !== own && sizes[f] > 0) between = Math.min(between, 1 - nearness[f * n + p] / sizes[f]);
    const larger = Math.max(within, between);
    if (larger > 0) total += (between - within) / larger;
  }
  return total / n;
}

/** Facets with these directions, in the order of their size. */
function largestFirst(
  { items, ...space }: FacetsInput,
  { centroids, silhouette, fitted }: Pick<Facets, 'centroids' | 'silhouette' | 'fitted'>,
): Facets {
  const { nComponents: d } = space;
  const nFacets = centroids.length / d;
  const assignment = items.map((item) => facetOf({ nFacets, centroids }, space, item));
  const sizes = sizesOf(assignment, nFacets);
  // Ties by the lowest item, which does not depend on the order of the directions.
  const lowest = new Float64Array(nFacets).fill(Infinity);
  items.forEach((item, p) => (lowest[assignment[p]] = Math.min(lowest[assignment[p]], item)));
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b] - sizes[a] || lowest[a] - lowest[b]);
  return Object.freeze({
    nFacets,
    items,
    assignment: assignment.map((facet) => order.indexOf(facet)),
    shares: Float64Array.from(order, (facet) => sizes[facet] / items.length),
    centroids: Float64Array.from(order.flatMap((f) => [...centroids.subarray(f * d, (f + 1) * d)])),
    silhouette,
    fitted,
  });
}

function sizesOf(assignment: Int32Array, k: number): Int32Array {
  const sizes = new Int32Array(k);
  for (const facet of assignment) sizes[facet]++;
  return sizes;
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
