import { describe, expect, it } from 'vitest';

import { stackRows, transpose, type SparseRows } from '../../../server/learning/linalg/index.js';

const ROWS: SparseRows = {
  indptr: Int32Array.of(0, 2, 2, 4),
  indices: Int32Array.of(2, 0, 1, 2),
  values: Float32Array.of(5, 6, 7, 8),
};

function dense({ indptr, indices, values }: SparseRows, nColumns: number): number[][] {
  return Array.from({ length: indptr.length - 1 }, (_, r) => {
    const row = new Array<number>(nColumns).fill(0);
    for (let p = indptr[r]; p < indptr[r + 1]; p++) row[indices[p]] += values[p];
    return row;
  });
}

describe('sparse rows', () => {
  it('transpose', () => {
    expect(dense(transpose(ROWS, 3), 3)).toEqual([
      [6, 0, 0],
      [0, 0, 7],
      [5, 0, 8],
    ]);
  });

  it('come back sorted from two transpositions', () => {
    const twice = transpose(transpose(ROWS, 3), 3);
    expect([...twice.indices]).toEqual([0, 2, 1, 2]);
    expect(dense(twice, 3)).toEqual(dense(ROWS, 3));
  });

  it('stack', () => {
    expect(dense(stackRows(ROWS, transpose(ROWS, 3)), 3)).toEqual([
      ...dense(ROWS, 3),
      ...dense(transpose(ROWS, 3), 3),
    ]);
  });
});
