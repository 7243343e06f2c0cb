/**
 * Eigen-decomposition of a real symmetric matrix: Householder reduction to tridiagonal form, then the implicit QL
 * iteration (Golub and Van Loan, chapter 8). Written for flat arrays with every inner loop along a row, which at the
 * sizes used here (64 to 256) is several times faster than a general library.
 */
import { NotFiniteError } from '../errors.js';

export interface SymmetricEigen {
  /** Float64Array [n], descending. */
  values: Float64Array;
  /** Float64Array, row-major [n, n]: row k is the unit eigenvector of values[k]. */
  vectors: Float64Array;
}

const MAX_ITERATIONS = 60;

/** `matrix` is row-major [n, n]; only its lower triangle is read. Throws NotFiniteError when it is not finite. */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): SymmetricEigen {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = matrix[i * n + j];
  if (!a.every(Number.isFinite))
    throw new NotFiniteError('The matrix to decompose contains a value that is not finite.');
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const vectors = tridiagonalize(a, n, diagonal, below);
  implicitQl(diagonal, below, vectors, n);
  return descending(diagonal, vectors, n);
}

/** Fills the tridiagonal (below[i] couples i and i + 1) and returns Q', so that A = Q T Q'. Destroys `a`. */
function tridiagonalize(
  a: Float64Array,
  n: number,
  diagonal: Float64Array,
  below: Float64Array,
): Float64Array {
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  // Row k of `reflectors` stores the k-th reflector, scaled so that H = I - v v'.
  const reflectors = new Float64Array(n * n);
  for (let k = 0; k + 1 < n; k++) {
    diagonal[k] = a[k * n + k];
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm += (v[i] = a[i * n + k]) ** 2;
    norm = Math.sqrt(norm);
    if (norm === 0 || k + 2 === n) {
      below[k] = a[(k + 1) * n + k];
      continue;
    }
    const alpha = v[k + 1] > 0 ? -norm : norm;
    below[k] = alpha;
    v[k + 1] -= alpha;
    const scale = 1 / Math.sqrt(-alpha * v[k + 1]);
    for (let i = k + 1; i < n; i++) v[i] *= scale;
    reflectors.set(v.subarray(k + 1), k * n + k + 1);
    rankTwoUpdate(a, n, k + 1, v, p);
  }
  if (n > 0) diagonal[n - 1] = a[n * n - 1];
  return accumulate(reflectors, n, v, p);
}

/** Trailing block := (I - v v') block (I - v v'), lower triangle only. */
function rankTwoUpdate(a: Float64Array, n: number, first: number, v: Float64Array, p: Float64Array): void {
  p.fill(0, first);
  for (let i = first; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    let s = a[row + i] * vi;
    for (let j = first; j < i; j++) {
      s += a[row + j] * v[j];
      p[j] += a[row + j] * vi;
    }
    p[i] += s;
  }
  let half = 0;
  for (let i = first; i < n; i++) half += p[i] * v[i];
  half /= 2;
  for (let i = first; i < n; i++) p[i] -= half * v[i];
  for (let i = first; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    const pi = p[i];
    for (let j = first; j <= i; j++) a[row + j] -= vi * p[j] + pi * v[j];
  }
}

/** The transposed product of the reflectors. */
function accumulate(reflectors: Float64Array, n: number, v: Float64Array, t: Float64Array): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    v.set(reflectors.subarray(k * n, k * n + n));
    t.fill(0);
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1; j < n; j++) t[j] += v[i] * q[i * n + j];
    }
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1; j < n; j++) q[i * n + j] -= v[i] * t[j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const kept = q[i * n + j];
      q[i * n + j] = q[j * n + i];
      q[j * n + i] = kept;
    }
  }
  return q;
}

function implicitQl(d: Float64Array, e: Float64Array, z: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m + 1 < n && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l || iteration === MAX_ITERATIONS) break;
      const shift = (d[l + 1] - d[l]) / (2 * e[l]);
      let g = d[m] - d[l] + e[l] / (shift + Math.sign(shift || 1) * Math.sqrt(shift * shift + 1));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        const r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        const q = d[i + 1] - p;
        const t = (d[i] - q) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = q + p;
        g = c * t - b;
        rotateRows(z, i * n, n, c, s);
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

/** Rotates the row that starts at `at` and the next row. */
function rotateRows(z: Float64Array, at: number, n: number, c: number, s: number): void {
  for (let k = at; k < at + n; k++) {
    const f = z[k + n];
    z[k + n] = s * z[k] + c * f;
    z[k] = c * z[k] - s * f;
  }
}

/** Values and their rows of `vectors` in descending order. */
export function descending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((x, y) => values[y] - values[x] || x - y);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, from * n + n), to * n));
  return { values: Float64Array.from(order, (k) => values[k]), vectors: sorted };
}
