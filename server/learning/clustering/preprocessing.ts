/**
 * Transforms raw behavioural features to the clustering space: a fitted, frozen, serialisable pipeline.
 *
 * In order: columns of codes and constant columns are dropped; heavy-tailed columns without negative values become
 * log1p(x); every column is winsorised by its robust z-score; StandardScaler; PCA. Training and live assignment use the
 * same `transform`.
 *
 * Components are kept while their variance exceeds the level that unrelated columns would reach by chance (the upper
 * edge of Marchenko and Pastur's law, 1967): beyond it distances are noise. They are not whitened, which would raise
 * weak directions to the weight of the directions that separate the personas.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

import { InsufficientDataError, InvalidShapeError, NotFiniteError } from '../errors.js';
import { centreAndSpread, isConstant, momentsOf, quantileOfSorted, sortedColumn } from './columns.js';

/** Min skewness of a heavy-tailed column; such non-negative columns are tried as a logarithm. */
const HEAVY_TAIL_SKEWNESS = 1;
/** Outliers are rare by definition: winsorising changes at most this share of a column at each end. */
const OUTLIER_SHARE = 0.01;
/** Bound on standardised values; otherwise a column in which few users differ would outweigh all the rest. */
const Z_LIMIT = 5;
const ROBOT_COLUMN_SHARE = 1 / 3;
const MIN_ROBOT_COLUMNS = 3;
/** Max share of robots among all rows. */
const MAX_ROBOT_SHARE = 0.02;
const MIN_ROWS_FOR_ROBOTS = 20;

export interface PreprocessingOptions {
  /** A name per column, in column order. */
  readonly names: readonly string[];
  /** Columns with codes of words: numbers without order, so no distances; none by default. */
  readonly nominal?: readonly string[];
  /** Robust z-score beyond which a value is winsorised and its row flagged; above 0, default 3.5. */
  readonly outlierZ?: number;
  /** Sufficient share of variance, even if more components exceed the noise; 0..1, default 0.9. */
  readonly varianceShare?: number;
  /** Max number of kept components; at least 1, default 10. */
  readonly maxComponents?: number;
  /** Components kept even below the noise threshold, as long as `varianceShare` is not reached; default 2. */
  readonly minComponents?: number;
}

/** Parameters of `transform`. p = kept columns, m = kept components. */
export interface Preprocessing {
  /** All columns, in row order. */
  readonly names: readonly string[];
  /** Dropped columns: constants and codes. */
  readonly droppedNames: readonly string[];
  /** Int32Array [p]: indices into `names`, ascending. */
  readonly kept: Int32Array;
  /** Int32Array [p]: 1 if the column is transformed by log1p(x). */
  readonly isLogged: Int32Array;
  /** Float64Array [p], after the logarithm: winsorising limits. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Float64Array [p]: mean and standard deviation after winsorising. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** Bound on standardised values, in both directions. */
  readonly zLimit: number;
  /** Float64Array [p]: mean of the standardised columns (not exactly 0 if clipped by zLimit). */
  readonly centre: Float64Array;
  /** Float64Array, row-major [m, p]: orthonormal principal axes, largest variance first. */
  readonly axes: Float64Array;
  /** Float64Array [m]: variance along each axis. */
  readonly variances: Float64Array;
  /** Share of the standardised variance along the kept axes, 0..1; 1 if there is no variance. */
  readonly explainedVariance: number;
}

/** Number of components of a transformed row. */
export function componentCount(preprocessing: Preprocessing): number {
  return preprocessing.variances.length;
}

/**
 * Fits the pipeline. `features` is Float64Array, row-major [nUsers, names.length], and is not changed.
 * Throws InvalidShapeError (length), InsufficientDataError (no rows) and NotFiniteError (names row and column).
 */
export function fitPreprocessing(features: Float64Array, options: PreprocessingOptions): Preprocessing {
  const { names, nominal = [], outlierZ = 3.5 } = options;
  const nRows = rowCount(features, names);
  if (nRows === 0) throw new InsufficientDataError('Preprocessing cannot be fitted to a table without rows.');
  checkFinite(features, names);

  const kept: number[] = [];
  const columns: FittedColumn[] = [];
  for (let c = 0; c < names.length; c++) {
    if (nominal.includes(names[c])) continue;
    const sorted = sortedColumn(features, c, names.length);
    if (isConstant(sorted)) continue;
    const column = fitColumn(sorted, outlierZ);
    // A column can become constant here, if all of its variation was rounding noise or outliers.
    if (column.scale === 0) continue;
    kept.push(c);
    columns.push(column);
  }
  const withoutAxes = {
    names: Object.freeze([...names]),
    droppedNames: Object.freeze(names.filter((_, c) => !kept.includes(c))),
    kept: Int32Array.from(kept),
    isLogged: Int32Array.from(columns, (column) => (column.isLogged ? 1 : 0)),
    low: Float64Array.from(columns, (column) => column.low),
    high: Float64Array.from(columns, (column) => column.high),
    mean: Float64Array.from(columns, (column) => column.mean),
    scale: Float64Array.from(columns, (column) => column.scale),
    zLimit: Z_LIMIT,
  };
  const standardised = standardiseRows(withoutAxes, features, nRows);
  return Object.freeze({
    ...withoutAxes,
    ...fitAxes(standardised, nRows, kept.length, options),
  });
}

/**
 * Transforms rows to clustering space, Float64Array, row-major [nRows, m]. `rows` are in the order of
 * `preprocessing.names`. Throws InvalidShapeError and NotFiniteError.
 */
export function transform(preprocessing: Preprocessing, rows: Float64Array): Float64Array {
  const standardised = standardise(preprocessing, rows);
  const { axes, centre, kept } = preprocessing;
  const nColumns = kept.length;
  const nComponents = componentCount(preprocessing);
  const nRows = rows.length / preprocessing.names.length;
  const points = new Float64Array(nRows * nComponents);
  for (let r = 0; r < nRows; r++) {
    for (let m = 0; m < nComponents; m++) {
      let sum = 0;
      for (let c = 0; c < nColumns; c++)
        sum += axes[m * nColumns + c] * (standardised[r * nColumns + c] - centre[c]);
      points[r * nComponents + m] = sum;
    }
  }
  return points;
}

/**
 * Rows after logarithm, winsorising and scaling, before PCA: Float64Array, row-major [nRows, p], a column per kept
 * feature, in standard deviations from the mean. Throws InvalidShapeError and NotFiniteError.
 */
export function standardise(preprocessing: Preprocessing, rows: Float64Array): Float64Array {
  const nRows = rowCount(rows, preprocessing.names);
  checkFinite(rows, preprocessing.names);
  return standardiseRows(preprocessing, rows, nRows);
}

/** Uint8Array [nRows]: 1 if a row has a value beyond a winsorising limit. Throws like `standardise`. */
export function flagOutliers(preprocessing: Preprocessing, rows: Float64Array): Uint8Array {
  return countBeyond(preprocessing, rows).map((count) => Math.min(1, count));
}

/**
 * Drops the rows of robots: rows beyond the winsorising limits in a third of the columns at once. Returns all rows if
 * there are fewer than 20, or if such rows are numerous enough to be a group of users.
 */
export function withoutRobots(preprocessing: Preprocessing, rows: Float64Array): Float64Array {
  const size = preprocessing.names.length;
  const counts = countBeyond(preprocessing, rows);
  const least = Math.max(MIN_ROBOT_COLUMNS, preprocessing.kept.length * ROBOT_COLUMN_SHARE);
  const nRobots = counts.reduce((sum, count) => sum + (count >= least ? 1 : 0), 0);
  const isRare = nRobots <= Math.max(1, counts.length * MAX_ROBOT_SHARE);
  if (nRobots === 0 || !isRare || counts.length < MIN_ROWS_FOR_ROBOTS) return rows;
  return rows.filter((_, at) => counts[Math.floor(at / size)] < least);
}

/** Uint8Array [nRows]: number of columns in which a row is beyond a winsorising limit. */
function countBeyond(preprocessing: Preprocessing, rows: Float64Array): Uint8Array {
  const { names, kept, isLogged, low, high } = preprocessing;
  const nRows = rowCount(rows, names);
  checkFinite(rows, names);
  const counts = new Uint8Array(nRows);
  for (let r = 0; r < nRows; r++) {
    for (let c = 0; c < kept.length; c++) {
      const value = logged(rows[r * names.length + kept[c]], isLogged[c] === 1);
      if (value < low[c] || value > high[c]) counts[r] = Math.min(255, counts[r] + 1);
    }
  }
  return counts;
}

interface FittedColumn {
  readonly isLogged: boolean;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly scale: number;
}

function fitColumn(sorted: Float64Array, outlierZ: number): FittedColumn {
  const isLogged = isBetterLogged(sorted);
  const values = sorted.map((value) => logged(value, isLogged));
  const { centre, spread } = centreAndSpread(values);
  const low = Math.min(centre - outlierZ * spread, quantileOfSorted(values, OUTLIER_SHARE));
  const high = Math.max(centre + outlierZ * spread, quantileOfSorted(values, 1 - OUTLIER_SHARE));
  const { mean, deviation } = momentsOf(values.map((value) => Math.min(high, Math.max(low, value))));
  return { isLogged, low, high, mean, scale: deviation };
}

/** Whether a column is heavy-tailed, and less skewed as a logarithm. */
function isBetterLogged(sorted: Float64Array): boolean {
  if (sorted[0] < 0) return false;
  const { skewness } = momentsOf(sorted);
  return skewness > HEAVY_TAIL_SKEWNESS && Math.abs(momentsOf(sorted.map(Math.log1p)).skewness) < skewness;
}

function logged(value: number, isLogged: boolean): number {
  // A live value may be negative even if the training values were not.
  return isLogged ? Math.log1p(Math.max(0, value)) : value;
}

type Scaler = Omit<Preprocessing, 'centre' | 'axes' | 'variances' | 'explainedVariance'>;

function standardiseRows(scaler: Scaler, rows: Float64Array, nRows: number): Float64Array {
  const { names, kept, isLogged, low, high, mean, scale, zLimit } = scaler;
  const standardised = new Float64Array(nRows * kept.length);
  for (let r = 0; r < nRows; r++) {
    for (let c = 0; c < kept.length; c++) {
      const value = logged(rows[r * names.length + kept[c]], isLogged[c] === 1);
      const z = (Math.min(high[c], Math.max(low[c], value)) - mean[c]) / scale[c];
      standardised[r * kept.length + c] = Math.min(zLimit, Math.max(-zLimit, z));
    }
  }
  return standardised;
}

/** PCA by the eigenvectors of the covariance matrix; each axis points where its largest loading is positive. */
function fitAxes(
  standardised: Float64Array,
  nRows: number,
  nColumns: number,
  { varianceShare = 0.9, minComponents = 2, maxComponents = 10 }: PreprocessingOptions,
): Pick<Preprocessing, 'centre' | 'axes' | 'variances' | 'explainedVariance'> {
  const centre = new Float64Array(nColumns);
  for (let i = 0; i < standardised.length; i++) centre[i % nColumns] += standardised[i] / nRows;
  if (nColumns === 0)
    return { centre, axes: centre.slice(), variances: centre.slice(), explainedVariance: 1 };

  const covariance = covarianceOf(standardised, centre, nRows);
  const decomposition = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const eigenvalues = decomposition.realEigenvalues.map((value) => Math.max(0, value));
  const order = eigenvalues.map((_, i) => i).sort((a, b) => eigenvalues[b] - eigenvalues[a]);
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);

  const spectrum = order.map((i) => eigenvalues[i]);
  const most = Math.min(maxComponents, Math.max(minComponents, componentsAboveNoise(spectrum, nRows)));
  let nComponents = 0;
  let held = 0;
  while (nComponents < most && nComponents < nColumns && held < varianceShare * total)
    held += spectrum[nComponents++];
  const vectors = decomposition.eigenvectorMatrix;
  const axes = new Float64Array(nComponents * nColumns);
  for (let m = 0; m < nComponents; m++) {
    const vector = vectors.getColumn(order[m]);
    const largest = vector.reduce(
      (best, value) => (Math.abs(value) > Math.abs(best) + 1e-12 ? value : best),
      0,
    );
    for (let c = 0; c < nColumns; c++) axes[m * nColumns + c] = vector[c] * Math.sign(largest);
  }
  const variances = Float64Array.from(spectrum.slice(0, nComponents));
  return { centre, axes, variances, explainedVariance: held / total };
}

/** Number of components with more variance than unrelated columns would reach; eigenvalues are descending. */
function componentsAboveNoise(spectrum: readonly number[], nRows: number): number {
  const mean = spectrum.reduce((sum, value) => sum + value, 0) / spectrum.length;
  const edge = mean * (1 + Math.sqrt(spectrum.length / nRows)) ** 2;
  return spectrum.filter((value) => value > edge).length;
}

function covarianceOf(standardised: Float64Array, centre: Float64Array, nRows: number): Matrix {
  const nColumns = centre.length;
  const sums = new Float64Array(nColumns * nColumns);
  const row = new Float64Array(nColumns);
  for (let r = 0; r < nRows; r++) {
    for (let c = 0; c < nColumns; c++) row[c] = standardised[r * nColumns + c] - centre[c];
    for (let a = 0; a < nColumns; a++)
      for (let b = a; b < nColumns; b++) sums[a * nColumns + b] += row[a] * row[b];
  }
  const covariance = Matrix.zeros(nColumns, nColumns);
  for (let a = 0; a < nColumns; a++) {
    for (let b = a; b < nColumns; b++) {
      covariance.set(a, b, sums[a * nColumns + b] / nRows);
      covariance.set(b, a, sums[a * nColumns + b] / nRows);
    }
  }
  return covariance;
}

function rowCount(rows: Float64Array, names: readonly string[]): number {
  if (names.length === 0) throw new InvalidShapeError('A feature table needs at least one column.');
  const nRows = rows.length / names.length;
  if (!Number.isInteger(nRows)) {
    throw new InvalidShapeError(`${rows.length} values do not make whole rows of ${names.length} features.`);
  }
  return nRows;
}

function checkFinite(rows: Float64Array, names: readonly string[]): void {
  for (let i = 0; i < rows.length; i++) {
    if (!Number.isFinite(rows[i])) {
      const row = Math.floor(i / names.length);
      throw new NotFiniteError(
        `Feature "${names[i % names.length]}" of row ${row} is ${rows[i]}, not a finite number.`,
      );
    }
  }
}
