/** Twins of assembly/sparse.ts: the Gram matrix a full row at a time, plain sorting, no blocks. */
import { cholesky, choleskySolve } from './dense.js';

import type { ColumnGram, NearestColumnsArguments, NeighbourRidgeArguments } from '../types.js';

export function sparseMultiply(
  indptr: Int32Array,
  indices: Int32Array,
  values: Float32Array,
  dense: Float32Array,
  d: number,
  out: Float32Array,
): void {
  out.fill(0);
  for (let r = 0; r + 1 < indptr.length; r++) {
    for (let p = indptr[r]; p < indptr[r + 1]; p++) {
      for (let f = 0; f < d; f++) out[r * d + f] += values[p] * dense[indices[p] * d + f];
    }
  }
}

export function nearestColumns({ gram, scale, cellStart, neighbours: out }: NearestColumnsArguments): void {
  const row = new Float32Array(scale.length);
  for (let j = 0; j < scale.length; j++) {
    gramRow(gram, j, row);
    const together = rowMates(gram, j);
    const near = Array.from(row.keys())
      .filter((i) => i !== j && (cellStart[i] === cellStart[j] || together.has(i)) && row[i] * scale[i] > 0)
      .sort((x, y) => row[y] * scale[y] - row[x] * scale[x] || x - y)
      .slice(0, out.nNeighbours)
      .sort((x, y) => x - y);
    out.sizes[j] = near.length;
    out.indices.set(near, j * out.nNeighbours);
  }
}

export function neighbourRidge({ gram, neighbours, ridge, weights }: NeighbourRidgeArguments): void {
  const { nNeighbours, indices, sizes } = neighbours;
  const row = new Float32Array(sizes.length);
  for (let j = 0; j < sizes.length; j++) {
    const n = sizes[j];
    const near = indices.subarray(j * nNeighbours, j * nNeighbours + n);
    const a = new Float32Array(n * n);
    const x = new Float32Array(n);
    near.forEach((i, r) => {
      gramRow(gram, i, row);
      x[r] = row[j];
      near.forEach((k, c) => (a[r * n + c] = row[k] + (r === c ? ridge[i] : 0)));
    });
    cholesky(a, n);
    choleskySolve(a, n, x);
    weights.set(x, j * nNeighbours);
  }
}

/** Columns that share a row of Y with column j. */
function rowMates(gram: ColumnGram, j: number): Set<number> {
  const mates = new Set<number>();
  for (const r of gram.columnRows.subarray(gram.columnPtr[j], gram.columnPtr[j + 1]))
    for (const i of gram.rowColumns.subarray(gram.rowPtr[r], gram.rowPtr[r + 1])) mates.add(i);
  return mates;
}

function gramRow(gram: ColumnGram, i: number, row: Float32Array): void {
  const d = gram.nComponents;
  for (let k = 0; k < row.length; k++) {
    let s = 0;
    for (let f = 0; f < d; f++) s += gram.dense[i * d + f] * gram.dense[k * d + f];
    row[k] = s;
  }
  for (let p = gram.columnPtr[i]; p < gram.columnPtr[i + 1]; p++) {
    const r = gram.columnRows[p];
    for (let q = gram.rowPtr[r]; q < gram.rowPtr[r + 1]; q++) {
      row[gram.rowColumns[q]] += gram.columnValues[p] * gram.rowValues[q];
    }
  }
}
