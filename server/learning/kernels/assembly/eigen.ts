// Eigen-decomposition of a symmetric float64 matrix of even order; linalg/symmetric-eigen.ts explains the method.

const MAX_ITERATIONS: i32 = 60;

/** Scratch size of `symmetricEigen` in bytes. */
export function symmetricEigenScratch(n: i32): i32 {
  return (n * n + 6 * n) << 3;
}

/**
 * Eigenvalues of a [n, n], in no order, into d [n]; row k of z [n, n] becomes the unit eigenvector of d[k]. Both
 * triangles of `a` are read and destroyed.
 */
export function symmetricEigen(a: usize, n: i32, d: usize, z: usize, scratch: usize): void {
  const vector = <usize>n << 3;
  const reflectors = scratch;
  const e = reflectors + <usize>n * vector;
  const v = e + vector;
  const p = v + vector;
  const rotations = p + vector;
  memory.fill(reflectors, 0, <usize>n * vector + 3 * vector);
  tridiagonalize(a, n, d, e, reflectors, v, p);
  accumulate(z, n, reflectors, p);
  implicitQl(d, e, z, n, rotations);
}

// @ts-ignore: decorator
@inline
function at(array: usize, index: i32): f64 {
  return load<f64>(array + (<usize>index << 3));
}

// @ts-ignore: decorator
@inline
function put(array: usize, index: i32, value: f64): void {
  store<f64>(array + (<usize>index << 3), value);
}

/** Dot product of doubles `from` to `end`; both bounds in bytes, a multiple of sixteen apart. */
// @ts-ignore: decorator
@inline
function dot64(a: usize, b: usize, from: usize, end: usize): f64 {
  let sum = f64x2.splat(0);
  for (let j = from; j < end; j += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a + j), v128.load(b + j)));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Stores reflector k in row k of `reflectors`, as I - v v'; e[k] couples k and k + 1. */
function tridiagonalize(a: usize, n: i32, d: usize, e: usize, reflectors: usize, v: usize, p: usize): void {
  const stride = <usize>n << 3;
  for (let k = 0; k + 1 < n; k++) {
    const row = a + <usize>k * stride;
    put(d, k, at(row, k));
    let norm: f64 = 0;
    for (let i = k + 1; i < n; i++) norm += at(row, i) * at(row, i);
    norm = sqrt<f64>(norm);
    if (norm == 0 || k + 2 == n) {
      put(e, k, at(row, k + 1));
      continue;
    }
    const head = at(row, k + 1);
    const alpha = head > 0 ? -norm : norm;
    put(e, k, alpha);
    const scale = 1 / sqrt<f64>(-alpha * (head - alpha));
    // v is zero up to k, so that the vector loops below may start an element early.
    put(v, k, 0);
    put(p, k, 0);
    put(v, k + 1, (head - alpha) * scale);
    for (let i = k + 2; i < n; i++) put(v, i, at(row, i) * scale);
    memory.copy(reflectors + <usize>k * stride, v, stride);
    memory.fill(reflectors + <usize>k * stride, 0, <usize>(k + 1) << 3);
    const from = <usize>((k + 1) & ~1) << 3;
    let half: f64 = 0;
    for (let i = k + 1; i < n; i++) {
      const value = dot64(a + <usize>i * stride, v, from, stride);
      put(p, i, value);
      half += value * at(v, i);
    }
    half /= 2;
    for (let i = k + 1; i < n; i++) put(p, i, at(p, i) - half * at(v, i));
    for (let i = k + 1; i < n; i++) {
      const to = a + <usize>i * stride;
      const vi = f64x2.splat(at(v, i));
      const pi = f64x2.splat(at(p, i));
      for (let j = from; j < stride; j += 16) {
        const change = f64x2.add(f64x2.mul(vi, v128.load(p + j)), f64x2.mul(pi, v128.load(v + j)));
        v128.store(to + j, f64x2.sub(v128.load(to + j), change));
      }
    }
  }
  put(d, n - 1, at(a + <usize>(n - 1) * stride, n - 1));
}

/** z := the transposed product of the reflectors. */
function accumulate(z: usize, n: i32, reflectors: usize, t: usize): void {
  const stride = <usize>n << 3;
  memory.fill(z, 0, <usize>n * stride);
  for (let i = 0; i < n; i++) put(z + <usize>i * stride, i, 1);
  for (let k = n - 3; k >= 0; k--) {
    const v = reflectors + <usize>k * stride;
    const from = <usize>((k + 1) & ~1) << 3;
    memory.fill(t, 0, stride);
    for (let i = k + 1; i < n; i++) {
      const row = z + <usize>i * stride;
      const vi = f64x2.splat(at(v, i));
      for (let j = from; j < stride; j += 16) {
        v128.store(t + j, f64x2.add(v128.load(t + j), f64x2.mul(vi, v128.load(row + j))));
      }
    }
    for (let i = k + 1; i < n; i++) {
      const row = z + <usize>i * stride;
      const vi = f64x2.splat(at(v, i));
      for (let j = from; j < stride; j += 16) {
        v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.mul(vi, v128.load(t + j))));
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const upper = z + <usize>j * stride;
      const lower = z + <usize>i * stride;
      const kept = at(lower, j);
      put(lower, j, at(upper, i));
      put(upper, i, kept);
    }
  }
}

function implicitQl(d: usize, e: usize, z: usize, n: i32, rotations: usize): void {
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m + 1 < n && abs(at(e, m)) > f64.EPSILON * (abs(at(d, m)) + abs(at(d, m + 1)))) m++;
      if (m == l || iteration == MAX_ITERATIONS) break;
      const shift = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
      const root = sqrt<f64>(shift * shift + 1);
      let g = at(d, m) - at(d, l) + at(e, l) / (shift + (shift < 0 ? -root : root));
      let s: f64 = 1;
      let c: f64 = 1;
      let p: f64 = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * at(e, i);
        const b = c * at(e, i);
        const r = sqrt<f64>(f * f + g * g);
        put(e, i + 1, r);
        if (r == 0) {
          put(d, i + 1, at(d, i + 1) - p);
          put(e, m, 0);
          break;
        }
        s = f / r;
        c = g / r;
        const q = at(d, i + 1) - p;
        const t = (at(d, i) - q) * s + 2 * c * b;
        p = s * t;
        put(d, i + 1, q + p);
        g = c * t - b;
        put(rotations, 2 * i, c);
        put(rotations, 2 * i + 1, s);
      }
      rotateRows(z, n, i + 1, m, rotations);
      if (i >= l) continue;
      put(d, l, at(d, l) - p);
      put(e, l, g);
      put(e, m, 0);
    }
  }
}

/** Rotates the rows (i, i + 1) for i = m - 1 down to l; the row carried to the next rotation stays in registers. */
function rotateRows(z: usize, n: i32, l: i32, m: i32, rotations: usize): void {
  const stride = <usize>n << 3;
  const last = z + <usize>m * stride;
  for (let j: usize = 0; j < stride; j += 32) {
    let to = last + j;
    let x = v128.load(to);
    let y = v128.load(to, 16);
    for (let i = m - 1; i >= l; i--) {
      const from = to - stride;
      const c = v128.load64_splat(rotations + (<usize>i << 4));
      const s = v128.load64_splat(rotations + (<usize>i << 4), 8);
      const u = v128.load(from);
      const w = v128.load(from, 16);
      v128.store(to, f64x2.add(f64x2.mul(s, u), f64x2.mul(c, x)));
      v128.store(to, f64x2.add(f64x2.mul(s, w), f64x2.mul(c, y)), 16);
      x = f64x2.sub(f64x2.mul(c, u), f64x2.mul(s, x));
      y = f64x2.sub(f64x2.mul(c, w), f64x2.mul(s, y));
      to = from;
    }
    v128.store(to, x);
    v128.store(to, y, 16);
  }
}
