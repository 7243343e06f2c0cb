/**
 * Tests whether a table has clusters at all. KMeans splits noise into clusters as well, with non-zero silhouettes. So
 * the table is compared with itself after shuffling every column, and with uniform noise along its own principal axes
 * (Tibshirani et al. 2001, the reference of the gap statistic), and its clusters with clusters of bootstrap samples.
 */
import { createKernels, type Kernels } from '../kernels/index.js';
import { createRandom, type Random } from '../linalg/random.js';
import { fitKMeans } from './kmeans.js';
import { componentCount, fitPreprocessing, transform } from './preprocessing.js';
import type { Preprocessing } from './preprocessing.js';
import { measureSilhouettes } from './silhouette.js';
import { measureStability } from './stability.js';

export interface StructureOptions {
  readonly seed: number;
  /** Max number of clusters tried, as for the fit. */
  readonly kMax: number;
  readonly minComponents: number;
}

export interface Structure {
  /** Mean adjusted Rand index between the clusters and those of bootstrap samples, at most 1. */
  readonly stability: number;
  /** Largest mean silhouette over all k of the table, -1..1. */
  readonly silhouette: number;
  /** Mean silhouette of the table with every column shuffled, and of uniform noise along its axes. */
  readonly shuffled: number;
  readonly noise: number;
  /** Mean stability of the same number of clusters in that noise. */
  readonly noiseStability: number;
  readonly isClear: boolean;
}

const SAMPLE_ROWS = 1_000;
const N_INIT = 3;
const N_REFITS = 10;
const N_REFERENCE_REFITS = 3;
/** Number of references drawn, of each kind. */
const N_REFERENCES = 5;
const MIN_STABILITY = 0.5;
/** Min lead over a reference for a silhouette to count as better. */
const MARGIN = 0.05;
/** Overlapping groups pass with any better silhouette if bootstrap samples reproduce them this much more reliably. */
const HIGH_STABILITY = 0.75;
const STABILITY_MARGIN = 0.1;

/**
 * `features` is Float64Array, row-major [nRows, preprocessing.names.length], `k` the chosen number of clusters, at
 * least 2. Above 1,000 rows it uses a sample. Throws like `fitPreprocessing`.
 */
export function measureStructure(
  features: Float64Array,
  preprocessing: Preprocessing,
  k: number,
  { seed, kMax, minComponents }: StructureOptions,
): Structure {
  const { names } = preprocessing;
  const random = createRandom(seed);
  const kernels = createKernels();
  const sample = sampleOf(features, names.length, random);
  const nComponents = componentCount(preprocessing);
  const points = transform(preprocessing, sample);
  const best = (table: Float64Array, size: number) => bestSilhouette(table, size, { seed, kMax, kernels });
  const stabilityOf = (table: Float64Array, nRefits: number) =>
    measureStability(table, nComponents, k, { seed, nRefits, nInit: N_INIT }).meanAgreement;
  const stability = stabilityOf(points, N_REFITS);
  const silhouette = best(points, nComponents);
  let [shuffled, noise, noiseStability] = [0, 0, 0];
  for (let i = 0; i < N_REFERENCES; i++) {
    const table = shuffleColumns(sample, names.length, random);
    const fitted = fitPreprocessing(table, { names, minComponents });
    shuffled += best(transform(fitted, table), componentCount(fitted)) / N_REFERENCES;
    const box = points.map(
      (_, at) => (random.next() - 0.5) * Math.sqrt(12 * preprocessing.variances[at % nComponents]),
    );
    noise += best(box, nComponents) / N_REFERENCES;
    noiseStability += stabilityOf(box, N_REFERENCE_REFITS) / N_REFERENCES;
  }
  const isReliable = stability >= HIGH_STABILITY && stability > noiseStability + STABILITY_MARGIN;
  const isBetter = silhouette > noise + MARGIN || (silhouette > noise && isReliable);
  const isClear = stability >= MIN_STABILITY && isBetter;
  return { stability, silhouette, shuffled, noise, noiseStability, isClear };
}

function bestSilhouette(
  points: Float64Array,
  nComponents: number,
  { seed, kMax, kernels }: { seed: number; kMax: number; kernels: Kernels },
): number {
  const labellings: Int32Array[] = [];
  for (let k = 2; k <= Math.min(kMax, points.length / nComponents - 1); k++)
    labellings.push(fitKMeans(points, nComponents, k, { seed: seed + k, nInit: N_INIT, kernels }).labels);
  const fits = measureSilhouettes(points, nComponents, labellings);
  return Math.max(...fits.labellings.map(({ mean }) => mean));
}

function sampleOf(features: Float64Array, nColumns: number, random: Random): Float64Array {
  const nRows = features.length / nColumns;
  if (nRows <= SAMPLE_ROWS) return features;
  const rows = random.shuffle(Int32Array.from({ length: nRows }, (_, row) => row)).subarray(0, SAMPLE_ROWS);
  const sample = new Float64Array(SAMPLE_ROWS * nColumns);
  rows.forEach((row, at) =>
    sample.set(features.subarray(row * nColumns, (row + 1) * nColumns), at * nColumns),
  );
  return sample;
}

function shuffleColumns(table: Float64Array, nColumns: number, random: Random): Float64Array {
  const shuffled = new Float64Array(table.length);
  for (let c = 0; c < nColumns; c++) {
    const column = random.shuffle(table.filter((_, at) => at % nColumns === c));
    column.forEach((value, row) => (shuffled[row * nColumns + c] = value));
  }
  return shuffled;
}
