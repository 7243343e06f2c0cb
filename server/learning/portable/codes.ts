/**
 * Numbers as bytes that compress well: values are whole multiples of a step, columns of sparse rows are gaps, and the lowest
 * bytes of all numbers come before the next bytes of all numbers.
 */
import { InvalidModelError } from '../errors.js';

import type { SparseRows } from '../linalg/index.js';

const BYTES = 4;

/** Uint8Array [4 n]: all lowest bytes, then all second bytes, and so on. */
export function encodeIntegers(integers: Uint32Array): Uint8Array {
  const n = integers.length;
  const bytes = new Uint8Array(BYTES * n);
  for (let p = 0; p < n; p++)
    for (let plane = 0; plane < BYTES; plane++) bytes[plane * n + p] = integers[p] >>> (8 * plane);
  return bytes;
}

/** The inverse. Throws InvalidModelError for a length that is no multiple of four. */
export function decodeIntegers(bytes: Uint8Array): Uint32Array {
  const n = bytes.length / BYTES;
  if (!Number.isInteger(n)) throw new InvalidModelError('A part of the model has a wrong length.');
  const integers = new Uint32Array(n);
  for (let plane = 0; plane < BYTES; plane++)
    for (let p = 0; p < n; p++) integers[p] |= bytes[plane * n + p] << (8 * plane);
  return integers;
}

/** Each value as a multiple of `step`, with folded signs: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
export function encodeValues(values: Float32Array, step: number): Uint8Array {
  return encodeIntegers(
    Uint32Array.from(values, (value) => {
      const multiple = Math.round(value / step);
      return multiple < 0 ? -2 * multiple - 1 : 2 * multiple;
    }),
  );
}

/** The inverse, to half a step. Throws InvalidModelError. */
export function decodeValues(bytes: Uint8Array, step: number): Float32Array {
  return Float32Array.from(decodeIntegers(bytes), (code) => step * (code & 1 ? -(code + 1) / 2 : code / 2));
}

/** The transpose of a dense matrix with `nColumns` columns; the values of a component lie together and are similar. */
export function transposeDense(rows: Float32Array, nColumns: number): Float32Array {
  const nRows = nColumns === 0 ? 0 : rows.length / nColumns;
  const out = new Float32Array(rows.length);
  for (let r = 0; r < nRows; r++)
    for (let c = 0; c < nColumns; c++) out[c * nRows + r] = rows[r * nColumns + c];
  return out;
}

/** Sparse rows in three parts. */
export interface EncodedRows {
  /** Number of entries of each row. */
  readonly lengths: Uint8Array;
  /** Distance of each column from the column before it in its row. */
  readonly gaps: Uint8Array;
  readonly values: Uint8Array;
}

/** Columns must ascend within each row. Entries that round to zero are left out. */
export function encodeRows({ indptr, indices, values }: SparseRows, step: number): EncodedRows {
  const lengths = new Uint32Array(indptr.length - 1);
  const gaps = new Uint32Array(indices.length);
  const kept = new Float32Array(indices.length);
  let top = 0;
  for (let row = 0; row < lengths.length; row++) {
    const first = top;
    let next = 0;
    for (let p = indptr[row]; p < indptr[row + 1]; p++) {
      if (Math.round(values[p] / step) === 0) continue;
      gaps[top] = indices[p] - next;
      next = indices[p] + 1;
      kept[top++] = values[p];
    }
    lengths[row] = top - first;
  }
  return {
    lengths: encodeIntegers(lengths),
    gaps: encodeIntegers(gaps.subarray(0, top)),
    values: encodeValues(kept.subarray(0, top), step),
  };
}

/** The inverse, for a matrix with `nColumns` columns. Throws InvalidModelError if the parts do not fit together. */
export function decodeRows(encoded: EncodedRows, step: number, nColumns: number): SparseRows {
  const lengths = decodeIntegers(encoded.lengths);
  const gaps = decodeIntegers(encoded.gaps);
  const values = decodeValues(encoded.values, step);
  const indptr = new Int32Array(lengths.length + 1);
  const indices = new Int32Array(gaps.length);
  let top = 0;
  for (let row = 0; row < lengths.length; row++) {
    const end = top + lengths[row];
    if (end > gaps.length)
      throw new InvalidModelError('The rows of the model are longer than their entries.');
    for (let next = 0; top < end; top++) {
      const column = next + gaps[top];
      if (column >= nColumns) throw new InvalidModelError('The model names an item that it does not have.');
      indices[top] = column;
      next = column + 1;
    }
    indptr[row + 1] = top;
  }
  if (top !== gaps.length || top !== values.length)
    throw new InvalidModelError('The rows of the model do not fit their entries.');
  return { indptr, indices, values };
}
