/** The interface of the kernels, implemented by both backends. */
import type { SymmetricEigen } from '../linalg/index.js';
import type { Arena, GrowableMemory } from './arena.js';

/** The rows of a sparse matrix with confidence and target per entry. */
export interface WeightedRows {
  /** Int32Array [nRows + 1]. */
  indptr: Int32Array;
  /** Int32Array [nEntries]: rows of `factors`. */
  indices: Int32Array;
  /** Float32Array [nEntries], above 0. */
  confidence: Float32Array;
  /** Float32Array [nEntries]. */
  target: Float32Array;
}

export interface SolveRowsArguments extends WeightedRows {
  /** Rows [from, to) are solved. */
  from: number;
  to: number;
  /** Float32Array [nOther, nComponents]: factors of the fixed side. */
  factors: Float32Array;
  nComponents: number;
  /** Float32Array [nComponents]: the diagonal shared by all rows. */
  ridge: Float32Array;
  /** Float32Array [nRows]: pull towards the prior. */
  lambda: Float32Array;
  /** Float32Array [nPriors, nComponents]. */
  prior: Float32Array;
  /** Int32Array [nRows]: row of `prior` for each row; absent: the row itself. */
  priorRow?: Int32Array;
  /** Float32Array [nRows, nComponents]: receives the solutions. */
  out: Float32Array;
}

/** Points in cells, for sums of distances; see `Kernels` for the layout of `blocks`. */
export interface CellsArguments {
  blocks: Float32Array;
  nComponents: number;
  /** Float32Array [nComponents]: the point to measure distances from. */
  point: Float32Array;
  /** Int32Array [nCells]: the block before which each cell ends. */
  cellEnds: Int32Array;
  /** Float32Array [nBlocks * 4]: 1 for a point, 0 for padding. */
  weights: Float32Array;
  /** Float32Array [nCells]: receives the sums. */
  out: Float32Array;
}

/**
 * The parts of the columns' Gram matrix G = Y'Y + E E': a sparse matrix Y, in compressed rows and in compressed columns
 * (both with ascending indices), and a dense row per column.
 */
export interface ColumnGram {
  /** Int32Array [nRows + 1], Int32Array [nEntries], Float32Array [nEntries]. */
  rowPtr: Int32Array;
  rowColumns: Int32Array;
  rowValues: Float32Array;
  /** Int32Array [nColumns + 1], Int32Array [nEntries], Float32Array [nEntries]. */
  columnPtr: Int32Array;
  columnRows: Int32Array;
  columnValues: Float32Array;
  /** Float32Array [nColumns, nComponents], E. */
  dense: Float32Array;
  /** A multiple of eight. */
  nComponents: number;
}

/** A short list of neighbours per column, ascending: the first `sizes[j]` entries of row j of `indices`. */
export interface Neighbours {
  nNeighbours: number;
  /** Int32Array [nColumns, nNeighbours]. */
  indices: Int32Array;
  /** Int32Array [nColumns]. */
  sizes: Int32Array;
}

export interface NearestColumnsArguments {
  /** The values of Y are above 0. */
  gram: ColumnGram;
  /** Float32Array [nColumns]. */
  scale: Float32Array;
  /** Int32Array [nColumns], a multiple of eight: the first column of each column's cell. */
  cellStart: Int32Array;
  /** Receives the lists. */
  neighbours: Neighbours;
  /** Called with the completed share of the work, 0..1. */
  onProgress?: (fraction: number) => void;
}

export interface NeighbourRidgeArguments {
  gram: ColumnGram;
  neighbours: Neighbours;
  /** Float32Array [nColumns]: added to the diagonal. */
  ridge: Float32Array;
  /** Float32Array [nColumns, nNeighbours]: receives the solution for each neighbour. */
  weights: Float32Array;
  /** Called with the completed share of the work, 0..1. */
  onProgress?: (fraction: number) => void;
}

/** Rows of a matrix as eight-bit integers: x = scale * code + rest, with |rest| at most `errors`. */
export interface CodedRows {
  /** A multiple of four; rows that are not needed are zeros. */
  nRows: number;
  nComponents: number;
  /** Int8Array [nRows, nComponents]. */
  codes: Int8Array;
  /** Float32Array [nRows]. */
  scales: Float32Array;
  /** Float32Array [nRows]: Euclidean norm of the rest, rounded up. */
  errors: Float32Array;
}

export interface RowsAboveArguments extends CodedRows {
  /** Int16Array [nComponents] and its scale: the other factor of the products. */
  vector: Int16Array;
  vectorScale: number;
  /** Three columns, each Float32Array [nRows], and their weights. */
  columns: readonly [Float32Array, Float32Array, Float32Array];
  weights: readonly [number, number, number];
  /** Weight of `errors`. */
  errorWeight: number;
  bar: number;
  /** Int32Array [nRows]: receives the rows, ascending. */
  out: Int32Array;
}

export interface Kernels {
  readonly backend: 'webassembly' | 'typescript';
  readonly arena: Arena;
  /** Lower triangle of a [d, d] += rows' rows, for `rows` [nRows, d]; the part above the diagonal is undefined. */
  accumulateGram(rows: Float32Array, nRows: number, nComponents: number, a: Float32Array): void;
  /** In-place Cholesky of the lower triangle of a [n, n], n a multiple of four; the diagonal holds reciprocals. */
  cholesky(a: Float32Array, n: number): void;
  /** x [n] := A^-1 x with the factor from `cholesky`. */
  choleskySolve(a: Float32Array, n: number, x: Float32Array): void;
  /**
   * Eigen-decomposition of a symmetric matrix [n, n], n a multiple of eight; only the lower triangle is read. Throws
   * NotFiniteError when it is not finite.
   */
  symmetricEigen(matrix: Float32Array, n: number): SymmetricEigen;
  /** out [nRows, d] := rows [nRows, d] times square [d, d]. */
  multiplySquare(
    rows: Float32Array,
    nRows: number,
    nComponents: number,
    square: Float32Array,
    out: Float32Array,
  ): void;
  /** out [nVectors, nRows] := vectors [nVectors, d] times the transpose of rows [nRows, d]. */
  multiplyVectors(
    rows: Float32Array,
    nRows: number,
    vectors: Float32Array,
    nVectors: number,
    out: Float32Array,
  ): void;
  /** The same for one vector [d] and some rows, whose number is a multiple of four: out [nIndices]. */
  multiplySome(rows: Float32Array, indices: Int32Array, vector: Float32Array, out: Float32Array): void;
  /** Fills `coded` from rows [nRows, nComponents]. */
  codeRows(rows: Float32Array, coded: CodedRows): void;
  /**
   * Finds the rows with product + weighted sum of the columns + errorWeight * error at or above the bar; returns their
   * number.
   */
  rowsAbove(args: RowsAboveArguments): number;
  /**
   * For each row u: out_u = argmin sum_i c_i (r_i - w.f_i)^2 + w' diag(ridge) w + lambda_u |w - prior_u|^2, exactly.
   * Rows with fewer entries than components use Woodbury's identity (n x n), the rest d x d.
   */
  solveRows(args: SolveRowsArguments): void;
  /** out [nRows, d] := sparse times dense [..., d]. */
  sparseMultiply(
    indptr: Int32Array,
    indices: Int32Array,
    values: Float32Array,
    dense: Float32Array,
    nComponents: number,
    out: Float32Array,
  ): void;
  /**
   * For each column j the other columns i with the largest positive G[i, j] scale[i], among the columns of its own cell
   * and the columns that share a row of Y with it.
   */
  nearestColumns(args: NearestColumnsArguments): void;
  /** For each column j: weights = (G[N, N] + diag(ridge[N]))^-1 G[N, j] over its neighbours N. */
  neighbourRidge(args: NeighbourRidgeArguments): void;
  /**
   * The nearest of k centroids [k, nComponents] of every point, and its squared distance; ties go to the lower index.
   * For this and the next two, `blocks` is [nBlocks, nComponents, 4], four points side by side, and nComponents is any
   * number above 0; per-point arrays are [nBlocks * 4].
   */
  assignPoints(
    blocks: Float32Array,
    nBlocks: number,
    nComponents: number,
    centroids: Float32Array,
    k: number,
    labels: Int32Array,
    nearest: Float32Array,
  ): void;
  /** out := min(nearest, squared distance to point [nComponents]); returns the sum of out. */
  shrinkNearest(
    blocks: Float32Array,
    nBlocks: number,
    nComponents: number,
    point: Float32Array,
    nearest: Float32Array,
    out: Float32Array,
  ): number;
  /** Sums of the distances from a point to the points of each cell. */
  sumDistances(args: CellsArguments): void;
}

/** Exports of the binary; arguments are byte addresses and counts. */
export type KernelExports = Record<string, (...addresses: number[]) => number>;

/** The binary, compiled, and its memory: what a thread needs to load the kernels. */
export interface KernelBinary {
  readonly module: object;
  /** Shared between threads. */
  readonly memory: GrowableMemory;
}

/**
 * Runs every call of a kernel once, in ascending order on each thread, and returns when all have ended. A thread
 * appends its own arguments, `own[thread]`, to those of a call: addresses of scratch that no other thread uses.
 */
export type RunCalls = (
  kernel: string,
  calls: readonly (readonly number[])[],
  own: readonly (readonly number[])[],
) => void;

/** Threads that run kernels on one memory. The results do not depend on their number. */
export interface KernelThreads {
  /** Number of threads with the calling thread, at least 1. */
  readonly count: number;
  /** `exports` are the kernels as loaded by the calling thread. */
  attach(binary: KernelBinary, exports: KernelExports): RunCalls;
  /**
   * Runs every part, 0 to `nParts` - 1, of a task of shared-tasks.ts once, and returns when all have ended. Other threads
   * get a copy of the input, so results are written to its shared arrays, and no part reads what another has written.
   */
  runParts(task: string, input: unknown, nParts: number, onProgress?: (fraction: number) => void): void;
}
