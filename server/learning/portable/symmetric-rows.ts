/**
 * Halves the item-to-item term: S_ij / S_ji is exp(l_j - l_i) for a number l per trained item (item-to-item.ts averages the
 * two estimates of a pair on a common scale), so a pair needs its larger value only.
 */
import { transpose } from '../linalg/index.js';
import { keepEntries } from './entries.js';

import type { SparseRows } from '../linalg/index.js';

export interface SymmetricRows {
  /** Float32Array [n]: l of every item. */
  readonly scales: Float32Array;
  /** Sparse [n, n], columns above the row: the larger of S_ij and S_ji. */
  readonly pairs: SparseRows;
  /** The other entries, as they are. */
  readonly rest: SparseRows;
}

/** Step of the scales: a relative error of the smaller value of a pair. */
export const SCALE_STEP = 2 ** -17;

/**
 * Splits rows with ascending columns. Pairs are among the first `nTrained` items; all entries are left to the rest if a
 * value of a pair would differ by more than `tolerance`.
 */
export function splitSymmetric(rows: SparseRows, nTrained: number, tolerance: number): SymmetricRows {
  const nItems = rows.indptr.length - 1;
  const inside = keepEntries(rows, (i, j) => i < nTrained && j < nTrained);
  const mirrored = transpose(inside, nItems);
  const none = { scales: new Float32Array(nItems), pairs: keepEntries(rows, () => false), rest: rows };
  const isSamePattern =
    inside.indices.length === mirrored.indices.length &&
    inside.indices.every((column, p) => column === mirrored.indices[p]) &&
    inside.indptr.every((start, row) => start === mirrored.indptr[row]);
  if (!isSamePattern) return none;
  const scales = Float32Array.from(
    scalesOf(inside, mirrored),
    (scale) => Math.round(scale / SCALE_STEP) * SCALE_STEP,
  );
  const pairs = keepEntries(
    { ...inside, values: inside.values.map((value, p) => larger(value, mirrored.values[p])) },
    (i, j) => j > i,
  );
  const rest = keepEntries(rows, (i, j) => i === j || i >= nTrained || j >= nTrained);
  const joined = joinSymmetric({ scales, pairs, rest });
  const isClose =
    joined.indices.length === rows.indices.length &&
    joined.values.every((value, p) => Math.abs(value - rows.values[p]) <= tolerance);
  return isClose ? { scales, pairs, rest } : none;
}

/** The rows again: entries before the diagonal, after it, and the rest. */
export function joinSymmetric({ scales, pairs, rest }: SymmetricRows): SparseRows {
  const nItems = rest.indptr.length - 1;
  const lower = transpose(pairs, nItems);
  const share = (i: number, j: number) => Math.min(1, Math.exp(scales[j] - scales[i]));
  return concatRows([scaled(lower, share), scaled(pairs, share), rest]);
}

function larger(a: number, b: number): number {
  return Math.abs(a) >= Math.abs(b) ? a : b;
}

/** l along the edges of the graph, from the first item of each connected part. */
function scalesOf({ indptr, indices, values }: SparseRows, mirrored: SparseRows): Float64Array {
  const nItems = indptr.length - 1;
  const scales = new Float64Array(nItems);
  const isKnown = new Uint8Array(nItems);
  for (let root = 0; root < nItems; root++) {
    if (isKnown[root] === 1) continue;
    isKnown[root] = 1;
    const queue = [root];
    for (const i of queue) {
      for (let p = indptr[i]; p < indptr[i + 1]; p++) {
        const ratio = values[p] / mirrored.values[p];
        if (isKnown[indices[p]] === 1 || !(ratio > 0 && ratio < Infinity)) continue;
        scales[indices[p]] = scales[i] + Math.log(ratio);
        isKnown[indices[p]] = 1;
        queue.push(indices[p]);
      }
    }
  }
  return scales;
}

function scaled(rows: SparseRows, factor: (row: number, column: number) => number): SparseRows {
  const values = rows.values.slice();
  for (let row = 0; row + 1 < rows.indptr.length; row++)
    for (let p = rows.indptr[row]; p < rows.indptr[row + 1]; p++) values[p] *= factor(row, rows.indices[p]);
  return { ...rows, values };
}

/** Row by row, the entries of the matrices in their order. */
function concatRows(matrices: readonly SparseRows[]): SparseRows {
  const nRows = matrices[0].indptr.length - 1;
  const total = matrices.reduce((sum, { indices }) => sum + indices.length, 0);
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(total);
  const values = new Float32Array(total);
  let top = 0;
  for (let row = 0; row < nRows; row++) {
    for (const part of matrices) {
      const own = [part.indptr[row], part.indptr[row + 1]] as const;
      indices.set(part.indices.subarray(...own), top);
      values.set(part.values.subarray(...own), top);
      top += own[1] - own[0];
    }
    indptr[row + 1] = top;
  }
  return { indptr, indices, values };
}
