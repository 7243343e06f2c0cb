/**
 * KMeans on flat arrays: greedy k-means++ starts (Arthur and Vassilvitskii 2007, the best of several candidates at each
 * step) and Lloyd's iterations. Distances are float32 in the kernels; centroids, inertia and the returned labels are
 * computed in float64. Points should be centred at zero, as preprocessing returns them.
 */
import { InsufficientDataError, InvalidShapeError } from '../errors.js';
import type { Kernels, KernelThreads, SharedTask } from '../kernels/index.js';
import { createKernels, runParts, sharedFloat64, sharedInt32 } from '../kernels/index.js';
import { createRandom, type Random } from '../linalg/random.js';
import { blockCount, toBlocks } from './blocks.js';

interface RefineOptions {
  /** Max iterations of a start; at least 1, default 300. */
  readonly maxIterations?: number;
  /** Stop when the squared shift of all centroids is below this share of the mean variance; default 1e-4. */
  readonly tolerance?: number;
  /** Default: newly created. Pass kernels to reuse them. */
  readonly kernels?: Kernels;
}

export interface KMeansOptions extends RefineOptions {
  readonly seed: number;
  /** Number of starts, of which the fit with the lowest inertia is kept; at least 1, default 10. */
  readonly nInit?: number;
}

export interface KMeansFit {
  /** Clusters found: fewer than requested if there are fewer distinct points. */
  readonly k: number;
  readonly nComponents: number;
  /** Float64Array, row-major [k, nComponents]. */
  readonly centroids: Float64Array;
  /** Int32Array [nPoints], 0 .. k - 1: the nearest centroid. */
  readonly labels: Int32Array;
  /** Sum of squared distances to the nearest centroid. */
  readonly inertia: number;
  /** Iterations of the kept start. */
  readonly nIterations: number;
}

/**
 * The best of `nInit` seeded starts. `points` is Float64Array, row-major [nPoints, nComponents], and is not changed.
 * Throws InvalidShapeError and, when there are no points, InsufficientDataError.
 */
export function fitKMeans(
  points: Float64Array,
  nComponents: number,
  k: number,
  options: KMeansOptions,
): KMeansFit {
  checkPoints(points, nComponents);
  const { nInit = 10 } = options;
  if (!(Number.isInteger(k) && k >= 1))
    throw new InvalidShapeError(`k must be an integer of at least 1, not ${k}.`);
  if (!(Number.isInteger(nInit) && nInit >= 1))
    throw new InvalidShapeError(`nInit must be an integer of at least 1, not ${nInit}.`);
  const random = createRandom(options.seed);
  return withProblem(points, nComponents, options, (problem) => {
    let best = refine(problem, chooseStarts(problem, k, random));
    for (let start = 1; start < nInit; start++) {
      const run = refine(problem, chooseStarts(problem, k, random));
      if (run.inertia < best.inertia) best = run;
    }
    // The tolerance saves the last small steps of every start; only the kept start makes them.
    const polished = refine({ ...problem, shiftLimit: 0 }, best.centroids);
    return finish(problem, { ...polished, nIterations: best.nIterations + polished.nIterations });
  });
}

interface EachInput {
  readonly points: Float64Array;
  readonly nComponents: number;
  readonly ks: readonly number[];
  readonly seed: number;
  readonly nInit: number;
  /** Float64Array [ks.length, 3]: clusters found, inertia, iterations; and per k the centroids and labels. */
  readonly figures: Float64Array;
  readonly centroids: readonly Float64Array[];
  readonly labels: readonly Int32Array[];
}

export const kMeansTask: SharedTask<EachInput> = { name: 'kmeans', run: fitOne };

/** `fitKMeans` for each number of clusters, with the seed `seed` + k. Throws alike. */
export function fitKMeansEach(
  points: Float64Array,
  nComponents: number,
  ks: readonly number[],
  { seed, nInit, threads }: { seed: number; nInit: number; threads?: KernelThreads },
): KMeansFit[] {
  const out = {
    figures: sharedFloat64(3 * ks.length),
    centroids: ks.map((k) => sharedFloat64(k * nComponents)),
    labels: ks.map(() => sharedInt32(points.length / nComponents)),
  };
  const input = { points, nComponents, ks, seed, nInit, ...out };
  runParts(threads, kMeansTask, { input, nParts: ks.length });
  return ks.map((_, i) => {
    const [k, inertia, nIterations] = out.figures.subarray(3 * i);
    const centroids = out.centroids[i].slice(0, k * nComponents);
    return { ...{ k, nComponents, inertia, nIterations, centroids }, labels: out.labels[i].slice() };
  });
}

function fitOne({ points, nComponents, ks, seed, nInit, ...out }: EachInput, i: number): void {
  const fit = fitKMeans(points, nComponents, ks[i], { seed: seed + ks[i], nInit });
  out.figures.set([fit.k, fit.inertia, fit.nIterations], 3 * i);
  out.centroids[i].set(fit.centroids);
  out.labels[i].set(fit.labels);
}

/**
 * KMeans from given starts, Float64Array [k, nComponents], which are not changed. An empty cluster takes the point
 * farthest from its centroid. Throws like `fitKMeans`.
 */
export function refineCentroids(
  points: Float64Array,
  nComponents: number,
  starts: Float64Array,
  options: RefineOptions = {},
): KMeansFit {
  checkPoints(points, nComponents);
  checkPoints(starts, nComponents);
  return withProblem(points, nComponents, options, (problem) => finish(problem, refine(problem, starts)));
}

/**
 * The nearest centroid of each point, Int32Array [nPoints]; ties go to the lower index.
 * Throws InvalidShapeError and InsufficientDataError.
 */
export function nearestCentroids(
  points: Float64Array,
  nComponents: number,
  centroids: Float64Array,
): Int32Array {
  checkPoints(points, nComponents);
  checkPoints(centroids, nComponents);
  const k = centroids.length / nComponents;
  const labels = new Int32Array(points.length / nComponents);
  for (let i = 0; i < labels.length; i++) {
    let nearest = Infinity;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(points, i, centroids, c, nComponents);
      if (distance < nearest) {
        nearest = distance;
        labels[i] = c;
      }
    }
  }
  return labels;
}

/** The squared distance of row `i` of `a` to row `j` of `b`, both row-major [*, size]. Throws nothing. */
function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, size: number): number {
  let sum = 0;
  for (let d = 0; d < size; d++) {
    const difference = a[i * size + d] - b[j * size + d];
    sum += difference * difference;
  }
  return sum;
}

/** The points, and working memory shared by all starts. */
interface Problem {
  readonly points: Float64Array;
  readonly nPoints: number;
  readonly nComponents: number;
  readonly kernels: Kernels;
  readonly blocks: Float32Array;
  readonly nBlocks: number;
  /** Int32Array and Float32Array [nBlocks * 4]: output of `assignPoints`. */
  readonly found: Int32Array;
  readonly nearest: Float32Array;
  readonly maxIterations: number;
  readonly shiftLimit: number;
}

/** Result of a start. */
interface Run {
  readonly centroids: Float64Array;
  readonly inertia: number;
  readonly nIterations: number;
}

function withProblem<T>(
  points: Float64Array,
  nComponents: number,
  options: RefineOptions,
  use: (problem: Problem) => T,
): T {
  const { maxIterations = 300, tolerance = 1e-4, kernels = createKernels() } = options;
  const nPoints = points.length / nComponents;
  const nBlocks = blockCount(nPoints);
  const { arena } = kernels;
  const mark = arena.mark();
  try {
    return use({
      points,
      nPoints,
      nComponents,
      kernels,
      blocks: toBlocks(arena, points, nComponents),
      nBlocks,
      found: arena.int32(4 * nBlocks),
      nearest: arena.float32(4 * nBlocks),
      maxIterations,
      shiftLimit: tolerance * meanVariance(points, nComponents),
    });
  } finally {
    arena.release(mark);
  }
}

/** Greedy k-means++: of several points drawn by squared distance, takes the point that lowers the inertia most. */
function chooseStarts(problem: Problem, k: number, random: Random): Float64Array {
  const { points, nPoints, nComponents, kernels, blocks, nBlocks } = problem;
  const { arena } = kernels;
  const mark = arena.mark();
  const nCandidates = 2 + Math.floor(Math.log(k));
  const point = arena.float32(nComponents);
  let [current, tried, best] = [0, 1, 2].map(() => arena.float32(4 * nBlocks));
  // Padding stays at distance zero and is therefore never drawn.
  current.fill(Infinity, 0, nPoints);
  const rowOf = (i: number) => points.subarray(i * nComponents, (i + 1) * nComponents);
  const tryPoint = (i: number) => {
    point.set(rowOf(i));
    return kernels.shrinkNearest(blocks, nBlocks, nComponents, point, current, tried);
  };

  const starts: number[] = [random.int(nPoints)];
  let total = tryPoint(starts[0]);
  [current, tried] = [tried, current];
  while (starts.length < k && total > 0) {
    let bestTotal = Infinity;
    let bestPoint = -1;
    for (let t = 0; t < nCandidates; t++) {
      const candidate = drawByWeight(current, random.next() * total);
      const triedTotal = tryPoint(candidate);
      if (triedTotal >= bestTotal) continue;
      bestTotal = triedTotal;
      bestPoint = candidate;
      [tried, best] = [best, tried];
    }
    starts.push(bestPoint);
    total = bestTotal;
    [current, best] = [best, current];
  }
  arena.release(mark);
  const centroids = new Float64Array(starts.length * nComponents);
  starts.forEach((i, c) => centroids.set(rowOf(i), c * nComponents));
  return centroids;
}

/** The first index whose cumulative weight exceeds `mark`; never an index of zero weight. */
function drawByWeight(weights: Float32Array, mark: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    sum += weights[i];
    if (sum > mark) break;
  }
  return last;
}

/**
 * Lloyd's iterations. Sums are updated by the moved points only, so an iteration without moves costs distances only.
 */
function refine(problem: Problem, starts: Float64Array): Run {
  const { nPoints, nComponents, kernels, nearest, maxIterations, shiftLimit } = problem;
  const k = starts.length / nComponents;
  const mark = kernels.arena.mark();
  const rounded = kernels.arena.float32(starts.length);
  const clusters: Clusters = {
    centroids: starts.slice(),
    labels: new Int32Array(nPoints).fill(-1),
    sums: new Float64Array(starts.length),
    counts: new Int32Array(k),
  };
  let nIterations = 0;
  for (let isMoving = true; isMoving && nIterations < maxIterations; nIterations++) {
    assign(problem, clusters.centroids, rounded);
    const nMoved = takeLabels(problem, clusters);
    fillEmptyClusters(problem, clusters);
    isMoving = nMoved > 0 && moveCentroids(clusters, nComponents) > shiftLimit;
  }
  assign(problem, clusters.centroids, rounded);
  kernels.arena.release(mark);
  let inertia = 0;
  for (let i = 0; i < nPoints; i++) inertia += nearest[i];
  return { centroids: clusters.centroids, inertia, nIterations };
}

interface Clusters {
  readonly centroids: Float64Array;
  readonly labels: Int32Array;
  readonly sums: Float64Array;
  readonly counts: Int32Array;
}

function assign(problem: Problem, centroids: Float64Array, rounded: Float32Array): void {
  const { kernels, blocks, nBlocks, nComponents, found, nearest } = problem;
  rounded.set(centroids);
  const k = centroids.length / nComponents;
  kernels.assignPoints(blocks, nBlocks, nComponents, rounded, k, found, nearest);
}

/** Applies the labels from the kernel; returns the number of moved points. */
function takeLabels(problem: Problem, clusters: Clusters): number {
  const { nPoints, found } = problem;
  let nMoved = 0;
  for (let i = 0; i < nPoints; i++) {
    if (found[i] === clusters.labels[i]) continue;
    nMoved++;
    movePoint(problem, clusters, i, found[i]);
  }
  return nMoved;
}

function movePoint({ points, nComponents }: Problem, clusters: Clusters, i: number, to: number): void {
  const { labels, sums, counts } = clusters;
  const from = labels[i];
  for (let d = 0; d < nComponents; d++) sums[to * nComponents + d] += points[i * nComponents + d];
  counts[to]++;
  if (from >= 0) {
    for (let d = 0; d < nComponents; d++) sums[from * nComponents + d] -= points[i * nComponents + d];
    counts[from]--;
  }
  labels[i] = to;
}

function fillEmptyClusters(problem: Problem, clusters: Clusters): void {
  const { nPoints, nearest } = problem;
  const { labels, counts } = clusters;
  for (let empty = counts.indexOf(0); empty >= 0; empty = counts.indexOf(0, empty + 1)) {
    let farthest = -1;
    for (let i = 0; i < nPoints; i++) {
      if (counts[labels[i]] > 1 && (farthest < 0 || nearest[i] > nearest[farthest])) farthest = i;
    }
    if (farthest < 0) return;
    movePoint(problem, clusters, farthest, empty);
    nearest[farthest] = 0;
  }
}

/** Moves every centroid to the mean of its points; returns the sum of the squared shifts. */
function moveCentroids({ centroids, sums, counts }: Clusters, nComponents: number): number {
  let squaredShift = 0;
  for (let c = 0; c < counts.length; c++) {
    if (counts[c] === 0) continue;
    for (let d = c * nComponents; d < (c + 1) * nComponents; d++) {
      const mean = sums[d] / counts[c];
      squaredShift += (mean - centroids[d]) ** 2;
      centroids[d] = mean;
    }
  }
  return squaredShift;
}

/** Labels and inertia in double precision, without empty centroids. */
function finish({ points, nPoints, nComponents }: Problem, { centroids: all, nIterations }: Run): KMeansFit {
  const nearest = nearestCentroids(points, nComponents, all);
  const isUsed = new Set(nearest);
  const centroids = all.filter((_, at) => isUsed.has(Math.floor(at / nComponents)));
  const labels =
    isUsed.size * nComponents === all.length ? nearest : nearestCentroids(points, nComponents, centroids);
  let inertia = 0;
  for (let i = 0; i < nPoints; i++) inertia += squaredDistance(points, i, centroids, labels[i], nComponents);
  return Object.freeze({ k: isUsed.size, nComponents, centroids, labels, inertia, nIterations });
}

function meanVariance(points: Float64Array, nComponents: number): number {
  const nPoints = points.length / nComponents;
  let total = 0;
  for (let d = 0; d < nComponents; d++) {
    let sum = 0;
    let squares = 0;
    for (let i = d; i < points.length; i += nComponents) sum += points[i];
    for (let i = d; i < points.length; i += nComponents) squares += (points[i] - sum / nPoints) ** 2;
    total += squares / nPoints;
  }
  return total / nComponents;
}

function checkPoints(points: Float64Array, nComponents: number): void {
  if (!(Number.isInteger(nComponents) && nComponents >= 1 && points.length % nComponents === 0)) {
    throw new InvalidShapeError(
      `${points.length} values do not make whole points of ${nComponents} components.`,
    );
  }
  if (points.length === 0) throw new InsufficientDataError('KMeans needs at least one point.');
}
