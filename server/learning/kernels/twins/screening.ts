/** Twins of assembly/screening.ts; the shapes are in ../types.ts. */

import type { CodedRows, RowsAboveArguments } from '../types.js';

const LARGEST = 127;
const ROUNDING = 1e-5;

export function codeRows(
  rows: Float32Array,
  { nRows, nComponents: d, codes, scales, errors }: CodedRows,
): void {
  for (let r = 0; r < nRows; r++) {
    const row = rows.subarray(r * d, r * d + d);
    scales[r] = row.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / LARGEST;
    let squares = 0;
    row.forEach((x, f) => {
      codes[r * d + f] = scales[r] > 0 ? Math.round(x / scales[r]) : 0;
      squares += (x - scales[r] * codes[r * d + f]) ** 2;
    });
    errors[r] = Math.sqrt(squares) * (1 + ROUNDING);
  }
}

export function rowsAbove(args: RowsAboveArguments): number {
  const { nRows, nComponents: d, codes, scales, errors, vector, columns, weights, out } = args;
  let count = 0;
  for (let r = 0; r < nRows; r++) {
    let dot = 0;
    for (let f = 0; f < d; f++) dot += codes[r * d + f] * vector[f];
    let upper = scales[r] * args.vectorScale * dot + args.errorWeight * errors[r];
    for (let c = 0; c < columns.length; c++) upper += weights[c] * columns[c][r];
    if (upper >= args.bar) out[count++] = r;
  }
  return count;
}
