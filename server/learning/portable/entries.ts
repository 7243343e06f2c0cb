/** Parts of sparse matrices. */
import type { SparseRows } from '../linalg/index.js';

/** The entries that pass. */
export function keepEntries(
  rows: SparseRows,
  isKept: (row: number, column: number, value: number) => boolean,
): SparseRows {
  const indptr = new Int32Array(rows.indptr.length);
  const indices = new Int32Array(rows.indices.length);
  const values = new Float32Array(rows.indices.length);
  let top = 0;
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let p = rows.indptr[row]; p < rows.indptr[row + 1]; p++) {
      if (!isKept(row, rows.indices[p], rows.values[p])) continue;
      indices[top] = rows.indices[p];
      values[top++] = rows.values[p];
    }
    indptr[row + 1] = top;
  }
  return { indptr, indices: indices.slice(0, top), values: values.slice(0, top) };
}

/**
 * About `n` entries, such that the expected squared error is least: a row counts as often as its item is in histories.
 * `shares` is Float32Array [nRows].
 */
export function strongest(rows: SparseRows, shares: Float32Array, n: number): SparseRows {
  if (rows.values.length <= n) return rows;
  const importance = (row: number, value: number) => Math.fround(shares[row] * value * value);
  const sorted = rows.values.slice();
  for (let row = 0; row < shares.length; row++)
    for (let p = rows.indptr[row]; p < rows.indptr[row + 1]; p++) sorted[p] = importance(row, sorted[p]);
  const least = sorted.sort()[sorted.length - n];
  return keepEntries(rows, (row, _column, value) => importance(row, value) >= least);
}

/** Divides room for `n` entries between terms with `a` and `b` entries: half each; unused room goes to the other term. */
export function divideRoom(n: number, a: number, b: number): [number, number] {
  const first = Math.min(a, Math.max(Math.floor(n / 2), n - b));
  return [first, Math.min(b, n - first)];
}
