/**
 * Silhouettes (Rousseeuw 1987) of several labellings of the same points in a single pass over the pairs.
 *
 * The points are sorted into cells: points with the same label in every labelling. Distances from a point to a cell are
 * summed without looking at labels, and cell sums add up to the cluster sums of every labelling. Distances are float32,
 * sums float64.
 *
 * Up to `exactLimit` points the silhouettes are exact. Above, they are computed within a fixed random sample of rows.
 */
import { InvalidShapeError } from '../errors.js';
import type { Kernels, KernelThreads, SharedTask } from '../kernels/index.js';
import { createKernels, runParts, sharedFloat64 } from '../kernels/index.js';
import { createRandom } from '../linalg/random.js';
import { writePoint } from './blocks.js';
import { standardise } from './preprocessing.js';
import type { Preprocessing } from './preprocessing.js';

/** Rows per part: every part sorts the points. */
const PART_ROWS = 2_500;
/** The sample is part of the definition, so it does not follow the caller's seed. */
const SAMPLE_SEED = 1;

interface SilhouetteOptions {
  /** Max number of points for exact silhouettes; default 20,000. */
  readonly exactLimit?: number;
  /** Sample size above that; default 10,000. */
  readonly sampleSize?: number;
  /** Threads to share the work with; the result does not depend on them. Default: none. */
  readonly threads?: KernelThreads;
}

/** Silhouettes of a labelling. */
interface Silhouettes {
  /** Float32Array [measured rows], -1 .. 1; 0 in a singleton cluster, and if there is only a single cluster. */
  readonly values: Float32Array;
  /** Float64Array [k]: means per cluster, 0 for a cluster without a measured row. */
  readonly perCluster: Float64Array;
  /** Mean over the measured rows. */
  readonly mean: number;
}

interface SilhouetteFit {
  /** Int32Array: the measured rows, ascending; all rows if exact. */
  readonly rows: Int32Array;
  readonly isExact: boolean;
  /** In the order of the labellings. */
  readonly labellings: readonly Silhouettes[];
}

/**
 * Silhouettes in all standardised features, before PCA. The rows measured are those of `measureSilhouettes`. Throws like
 * `standardise`.
 */
export function featureSilhouettes(
  preprocessing: Preprocessing,
  features: Float64Array,
  labels: Int32Array,
  threads?: KernelThreads,
): Silhouettes {
  const rows = standardise(preprocessing, features);
  return measureSilhouettes(rows, preprocessing.kept.length, [labels], { threads }).labellings[0];
}

/**
 * Silhouettes of every labelling (each Int32Array [nPoints], labels from 0). `points` is Float64Array, row-major
 * [nPoints, nComponents]. Throws InvalidShapeError.
 */
export function measureSilhouettes(
  points: Float64Array,
  nComponents: number,
  labellings: readonly Int32Array[],
  options: SilhouetteOptions = {},
): SilhouetteFit {
  const { exactLimit = 20_000, sampleSize = 10_000, threads } = options;
  const nPoints = points.length / nComponents;
  const isExact = nPoints <= exactLimit;
  const rows = sampleRows(nPoints, isExact ? nPoints : sampleSize);
  return {
    rows,
    isExact,
    labellings: measure({ points, nComponents, labellings, reference: rows, rows }, threads),
  };
}

/**
 * Silhouettes of all points of a labelling, measured against a sample of rows (from `measureSilhouettes`). Throws
 * InvalidShapeError.
 */
export function extendSilhouettes(
  points: Float64Array,
  nComponents: number,
  labels: Int32Array,
  sample: Int32Array,
  threads?: KernelThreads,
): Silhouettes {
  const rows = sampleRows(labels.length, labels.length);
  return measure({ points, nComponents, labellings: [labels], reference: sample, rows }, threads)[0];
}

interface Measurement {
  readonly points: Float64Array;
  readonly nComponents: number;
  readonly labellings: readonly Int32Array[];
  /** Rows to measure distances to. */
  readonly reference: Int32Array;
  /** Rows to compute silhouettes for. */
  readonly rows: Int32Array;
}

interface SilhouetteInput extends Measurement {
  /** Float64Array, row-major [labellings.length, rows.length]. */
  readonly out: Float64Array;
}

export const silhouetteTask: SharedTask<SilhouetteInput> = { name: 'silhouettes', run: measurePart };

function measure(measurement: Measurement, threads: KernelThreads | undefined): Silhouettes[] {
  const { points, nComponents, labellings, rows } = measurement;
  const nPoints = points.length / nComponents;
  if (!Number.isInteger(nPoints) || labellings.some((labels) => labels.length !== nPoints)) {
    throw new InvalidShapeError('Silhouettes need complete points and a label for each of them.');
  }
  const nRows = rows.length;
  const out = sharedFloat64(labellings.length * nRows);
  const nParts = Math.ceil(nRows / PART_ROWS);
  runParts(threads, silhouetteTask, { input: { ...measurement, out }, nParts });
  return labellings.map((labels, l) => tally(out.subarray(l * nRows, (l + 1) * nRows), rows, labels));
}

function measurePart({ out, ...measurement }: SilhouetteInput, part: number): void {
  const { points, nComponents, labellings, reference, rows } = measurement;
  const kernels = createKernels();
  const cells = sortIntoCells(measurement, kernels);
  const point = kernels.arena.float32(nComponents);
  const isReference = new Uint8Array(points.length / nComponents);
  for (const row of reference) isReference[row] = 1;
  const { sums, perLabelling } = createSums(cells.counts);
  const end = Math.min(rows.length, PART_ROWS * (part + 1));
  for (let at = PART_ROWS * part; at < end; at++) {
    const row = rows[at];
    point.set(points.subarray(row * nComponents, (row + 1) * nComponents));
    kernels.sumDistances({ ...cells, nComponents, point });
    sumClusters(cells, labellings.length, sums);
    labellings.forEach((labels, l) => {
      const value = silhouette(perLabelling[l], cells.counts[l], labels[row], isReference[row]);
      out[l * rows.length + at] = value;
    });
  }
}

/** Silhouette from distance sums and sizes of all clusters; a reference point is not its own neighbour. */
function silhouette(sums: Float64Array, counts: Float64Array, label: number, isReference: number): number {
  let other = Infinity;
  for (let c = 0; c < sums.length; c++) {
    if (c !== label && counts[c] > 0) other = Math.min(other, sums[c] / counts[c]);
  }
  const nOthers = counts[label] - isReference;
  if (nOthers === 0 || other === Infinity) return 0;
  const own = sums[label] / nOthers;
  const larger = Math.max(own, other);
  return larger > 0 ? (other - own) / larger : 0;
}

/** An array for the sums to all clusters of all labellings, and a view per labelling. */
function createSums(counts: readonly Float64Array[]): { sums: Float64Array; perLabelling: Float64Array[] } {
  const sums = new Float64Array(counts.reduce((total, { length }) => total + length, 0));
  let end = 0;
  return { sums, perLabelling: counts.map(({ length }) => sums.subarray(end, (end += length))) };
}

/** Labellings are the inner loop: additions to different sums do not depend on each other. */
function sumClusters({ out, slots }: Cells, nLabellings: number, sums: Float64Array): void {
  sums.fill(0);
  for (let cell = 0, at = 0; cell < out.length; cell++) {
    const sum = out[cell];
    for (const end = at + nLabellings; at < end; at++) sums[slots[at]] += sum;
  }
}

interface Cells {
  readonly blocks: Float32Array;
  readonly weights: Float32Array;
  readonly cellEnds: Int32Array;
  readonly out: Float32Array;
  /** Int32Array [nCells, nLabellings]: the cluster of a cell, numbered through all labellings. */
  readonly slots: Int32Array;
  /** Per labelling Float64Array [k]: reference points in each cluster. */
  readonly counts: Float64Array[];
}

/** Sorts the reference points so that points with equal labels in all labellings are adjacent, in arena memory. */
function sortIntoCells(
  { points, nComponents, labellings, reference }: Measurement,
  { arena }: Kernels,
): Cells {
  const compare = (a: number, b: number) => {
    for (const labels of labellings) if (labels[a] !== labels[b]) return labels[a] - labels[b];
    return 0;
  };
  const order = reference.slice().sort((a, b) => compare(a, b) || a - b);
  const starts: number[] = [];
  for (let i = 0; i < order.length; i++) if (i === 0 || compare(order[i - 1], order[i]) !== 0) starts.push(i);
  const sizes = starts.map((start, cell) => (starts[cell + 1] ?? order.length) - start);

  const cellEnds = arena.int32(starts.length);
  let nBlocks = 0;
  sizes.forEach((size, cell) => (cellEnds[cell] = nBlocks += Math.ceil(size / 4)));
  const blocks = arena.float32(nBlocks * 4 * nComponents);
  const weights = arena.float32(nBlocks * 4);
  starts.forEach((start, cell) => {
    const firstSlot = 4 * (cell === 0 ? 0 : cellEnds[cell - 1]);
    for (let i = 0; i < sizes[cell]; i++) {
      writePoint(blocks, firstSlot + i, points, order[start + i], nComponents);
      weights[firstSlot + i] = 1;
    }
  });
  const counts = labellings.map((labels) => {
    const perCluster = new Float64Array(labels.reduce((largest, label) => Math.max(largest, label), 0) + 1);
    for (const row of reference) perCluster[labels[row]]++;
    return perCluster;
  });
  const slots = new Int32Array(starts.length * labellings.length);
  let nClusters = 0;
  labellings.forEach((labels, l) => {
    starts.forEach((start, cell) => (slots[cell * labellings.length + l] = nClusters + labels[order[start]]));
    nClusters += counts[l].length;
  });
  return { blocks, weights, cellEnds, out: arena.float32(starts.length), slots, counts };
}

function tally(values: Float64Array, rows: Int32Array, labels: Int32Array): Silhouettes {
  const k = labels.reduce((largest, label) => Math.max(largest, label), 0) + 1;
  const totals = new Float64Array(k);
  const counts = new Float64Array(k);
  rows.forEach((row, at) => {
    totals[labels[row]] += values[at];
    counts[labels[row]]++;
  });
  const total = totals.reduce((sum, value) => sum + value, 0);
  return {
    values: Float32Array.from(values),
    perCluster: totals.map((value, c) => (counts[c] > 0 ? value / counts[c] : 0)),
    mean: values.length > 0 ? total / values.length : 0,
  };
}

/**
 * All row numbers, or a random row from each of `size` equal stretches: regular steps could coincide with a period of
 * the data.
 */
function sampleRows(nPoints: number, size: number): Int32Array {
  if (size >= nPoints) return Int32Array.from({ length: nPoints }, (_, i) => i);
  const random = createRandom(SAMPLE_SEED);
  const stretch = nPoints / size;
  return Int32Array.from({ length: size }, (_, i) => Math.floor((i + random.next()) * stretch));
}
