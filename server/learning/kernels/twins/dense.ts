/** Twins of assembly/dense.ts; the shapes are in ../types.ts. */

export function accumulateGram(rows: Float32Array, nRows: number, d: number, a: Float32Array): void {
  for (let r = 0; r < nRows; r++) {
    for (let x = 0; x < d; x++) {
      const v = rows[r * d + x];
      for (let y = 0; y <= x; y++) a[x * d + y] += v * rows[r * d + y];
    }
  }
}

export function cholesky(a: Float32Array, n: number): void {
  for (let x = 0; x < n; x++) {
    for (let y = 0; y <= x; y++) {
      let s = a[x * n + y];
      for (let z = 0; z < y; z++) s -= a[x * n + z] * a[y * n + z];
      a[x * n + y] = x === y ? 1 / Math.sqrt(Math.max(s, 1e-12)) : s * a[y * n + y];
    }
  }
}

export function choleskySolve(a: Float32Array, n: number, x: Float32Array): void {
  for (let r = 0; r < n; r++) {
    let s = x[r];
    for (let z = 0; z < r; z++) s -= a[r * n + z] * x[z];
    x[r] = s * a[r * n + r];
  }
  for (let r = n - 1; r >= 0; r--) {
    const s = x[r] * a[r * n + r];
    x[r] = s;
    for (let z = 0; z < r; z++) x[z] -= s * a[r * n + z];
  }
}

export function multiplySquare(
  rows: Float32Array,
  nRows: number,
  d: number,
  square: Float32Array,
  out: Float32Array,
): void {
  for (let r = 0; r < nRows; r++) {
    for (let c = 0; c < d; c++) {
      let s = 0;
      for (let f = 0; f < d; f++) s += rows[r * d + f] * square[f * d + c];
      out[r * d + c] = s;
    }
  }
}

export function multiplyVectors(
  rows: Float32Array,
  nRows: number,
  vectors: Float32Array,
  nVectors: number,
  out: Float32Array,
): void {
  const d = vectors.length / nVectors;
  for (let k = 0; k < nVectors; k++) {
    for (let r = 0; r < nRows; r++) {
      let s = 0;
      for (let f = 0; f < d; f++) s += rows[r * d + f] * vectors[k * d + f];
      out[k * nRows + r] = s;
    }
  }
}

export function multiplySome(
  rows: Float32Array,
  indices: Int32Array,
  vector: Float32Array,
  out: Float32Array,
): void {
  const d = vector.length;
  indices.forEach((row, k) => {
    out[k] = vector.reduce((sum, x, f) => sum + x * rows[row * d + f], 0);
  });
}
