/** Sparse matrices in compressed rows. */

export interface SparseRows {
  /** Int32Array [nRows + 1]: row r is [indptr[r], indptr[r + 1]) of the other two. */
  readonly indptr: Int32Array;
  /** Int32Array [nEntries]: column indices. */
  readonly indices: Int32Array;
  /** Float32Array [nEntries]. */
  readonly values: Float32Array;
}

/** `nRows` rows without entries. */
export function emptyRows(nRows: number): SparseRows {
  return { indptr: new Int32Array(nRows + 1), indices: new Int32Array(0), values: new Float32Array(0) };
}

/** The transpose. Row indices ascend within each of its rows, so transposing twice sorts. */
export function transpose({ indptr, indices, values }: SparseRows, nColumns: number): SparseRows {
  const ptr = new Int32Array(nColumns + 1);
  for (const column of indices) ptr[column + 1]++;
  for (let c = 0; c < nColumns; c++) ptr[c + 1] += ptr[c];
  const next = ptr.slice();
  const rows = new Int32Array(indices.length);
  const moved = new Float32Array(indices.length);
  for (let r = 0; r + 1 < indptr.length; r++) {
    for (let p = indptr[r]; p < indptr[r + 1]; p++) {
      const to = next[indices[p]]++;
      rows[to] = r;
      moved[to] = values[p];
    }
  }
  return { indptr: ptr, indices: rows, values: moved };
}

/** The rows of `a` followed by the rows of `b`. */
export function stackRows(a: SparseRows, b: SparseRows): SparseRows {
  const nA = a.indptr.length;
  const indptr = new Int32Array(nA + b.indptr.length - 1);
  indptr.set(a.indptr);
  for (let r = 1; r < b.indptr.length; r++) indptr[nA - 1 + r] = a.indptr[nA - 1] + b.indptr[r];
  const indices = new Int32Array(a.indices.length + b.indices.length);
  indices.set(a.indices);
  indices.set(b.indices, a.indices.length);
  const values = new Float32Array(indices.length);
  values.set(a.values);
  values.set(b.values, a.values.length);
  return { indptr, indices, values };
}
