// A half-sweep of alternating least squares: the exact solution of every row of a sparse matrix.
import { accumulateGram, cholesky, choleskySolve, rowGram } from './dense';
import { axpy, sumLanes } from './vector';

const CHUNK: i32 = 128;

/** Scratch size of `solveRows` in bytes: rows of factors, the matrix, its right-hand side and two diagonals. */
export function solveRowsScratch(d: i32): i32 {
  const rows = max<i32>(d, CHUNK);
  return (rows * d + d * d + 4 * d + 16) << 2;
}

/**
 * For each row u in [from, to): out[u] = argmin sum_i c_i (r_i - w.h_i)^2 + w' diag(ridge) w + lambda_u |w - prior|^2.
 * With n < d entries through the n x n Woodbury system, else through the d x d normal equations.
 * `indptr` holds int32 offsets; `priorRow[u]` selects the row of `prior`; address 0 means row u itself.
 * Confidences must be positive.
 */
export function solveRows(
  from: i32,
  to: i32,
  indptr: usize,
  indices: usize,
  confidence: usize,
  target: usize,
  factors: usize,
  d: i32,
  ridge: usize,
  lambda: usize,
  prior: usize,
  priorRow: usize,
  out: usize,
  scratch: usize,
): void {
  const stride = <usize>d << 2;
  const b = scratch;
  const a = b + <usize>max<i32>(d, CHUNK) * stride;
  const x = a + <usize>d * stride;
  const inverse = x + stride;
  const start = inverse + stride;
  const root = start + stride;
  for (let u = from; u < to; u++) {
    const first = load<i32>(indptr + (<usize>u << 2));
    const n = load<i32>(indptr + (<usize>u << 2), 4) - first;
    const at = <usize>first << 2;
    const w = out + <usize>u * stride;
    const l = load<f32>(lambda + (<usize>u << 2));
    const m = prior + <usize>(priorRow ? load<i32>(priorRow + (<usize>u << 2)) : u) * stride;
    const lv = f32x4.splat(l);
    if (n >= d) {
      normalEquations(n, indices + at, confidence + at, target + at, factors, d, ridge, lv, m, a, b, w);
      continue;
    }
    for (let z: usize = 0; z < stride; z += 16) {
      const inv = f32x4.div(f32x4.splat(1), f32x4.add(v128.load(ridge + z), lv));
      v128.store(inverse + z, inv);
      v128.store(root + z, f32x4.sqrt(inv));
      v128.store(start + z, f32x4.mul(inv, f32x4.mul(lv, v128.load(m + z))));
    }
    if (n > 0) woodbury(n, indices + at, confidence + at, target + at, factors, d, root, start, a, b, x);
    memory.copy(w, start, stride);
    if (n > 0) {
      addCombination(w, root, x, b, n, stride);
    }
  }
}

/** w += root * (B' x): B already carries one half of the inverse diagonal. Eight columns stay in registers. */
// @ts-ignore: decorator
@inline
function addCombination(w: usize, root: usize, x: usize, b: usize, n: i32, stride: usize): void {
  const end = x + (<usize>n << 2);
  for (let z: usize = 0; z < stride; z += 32) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let row = b + z;
    for (let p = x; p < end; p += 4) {
      const v = v128.load32_splat(p);
      s0 = f32x4.add(s0, f32x4.mul(v, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(v, v128.load(row, 16)));
      row += stride;
    }
    const to = w + z;
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(root + z), s0)));
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(v128.load(root + z, 16), s1)), 16);
  }
}

/** x := (C^-1 + B B')^-1 (r - H w0) with B = H D^-1/2 left in `b`. */
function woodbury(
  n: i32,
  indices: usize,
  confidence: usize,
  target: usize,
  factors: usize,
  d: i32,
  root: usize,
  start: usize,
  a: usize,
  b: usize,
  x: usize,
): void {
  const stride = <usize>d << 2;
  const padded = (n + 3) & ~3;
  for (let p = 0; p < n; p++) {
    const h = factors + <usize>load<i32>(indices + (<usize>p << 2)) * stride;
    const row = b + <usize>p * stride;
    let fit = f32x4.splat(0);
    for (let z: usize = 0; z < stride; z += 16) {
      const v = v128.load(h + z);
      v128.store(row + z, f32x4.mul(v, v128.load(root + z)));
      fit = f32x4.add(fit, f32x4.mul(v, v128.load(start + z)));
    }
    store<f32>(x + (<usize>p << 2), load<f32>(target + (<usize>p << 2)) - sumLanes(fit));
  }
  memory.fill(b + <usize>n * stride, 0, <usize>(padded - n) * stride);
  rowGram(b, padded, d, a);
  for (let p = 0; p < padded; p++) {
    const diagonal = a + ((<usize>p * <usize>(padded + 1)) << 2);
    const extra: f32 = p < n ? 1 / load<f32>(confidence + (<usize>p << 2)) : 1;
    store<f32>(diagonal, load<f32>(diagonal) + extra);
    if (p >= n) store<f32>(x + (<usize>p << 2), 0);
  }
  cholesky(a, padded);
  choleskySolve(a, padded, x);
}

/** w := (diag(ridge + lambda) + H'CH)^-1 (lambda prior + H'C r), gathering the rows in chunks that stay in cache. */
function normalEquations(
  n: i32,
  indices: usize,
  confidence: usize,
  target: usize,
  factors: usize,
  d: i32,
  ridge: usize,
  lambda: v128,
  prior: usize,
  a: usize,
  b: usize,
  w: usize,
): void {
  const stride = <usize>d << 2;
  memory.fill(a, 0, <usize>d * stride);
  for (let z: usize = 0; z < stride; z += 16) v128.store(w + z, f32x4.mul(lambda, v128.load(prior + z)));
  addEquations(n, indices, confidence, target, factors, d, a, w, b);
  const l = f32x4.extract_lane(lambda, 0);
  for (let f = 0; f < d; f++) {
    const diagonal = a + ((<usize>f * <usize>(d + 1)) << 2);
    store<f32>(diagonal, load<f32>(diagonal) + load<f32>(ridge + (<usize>f << 2)) + l);
  }
  cholesky(a, d);
  choleskySolve(a, d, w);
}

/** A += H'CH (lower tiles) and x += H'C r of n entries; `b` is scratch for CHUNK rows. */
function addEquations(
  n: i32,
  indices: usize,
  confidence: usize,
  target: usize,
  factors: usize,
  d: i32,
  a: usize,
  x: usize,
  b: usize,
): void {
  const stride = <usize>d << 2;
  for (let done = 0; done < n; done += CHUNK) {
    const rows = min<i32>(CHUNK, n - done);
    for (let p = 0; p < rows; p++) {
      const at = <usize>(done + p) << 2;
      const c = load<f32>(confidence + at);
      const h = factors + <usize>load<i32>(indices + at) * stride;
      const row = b + <usize>p * stride;
      const v = f32x4.splat(sqrt<f32>(c));
      for (let z: usize = 0; z < stride; z += 16) v128.store(row + z, f32x4.mul(v128.load(h + z), v));
      axpy(x, c * load<f32>(target + at), h, d);
    }
    accumulateGram(b, rows, d, a);
  }
}

/**
 * The normal equations of `nRows` rows without ridge and prior, added to `matrices` [nRows, d, d] (lower tiles) and
 * `sides` [nRows, d]: for sums over parts of the entries that different machines hold. `scratch` as in `solveRows`.
 */
export function addRowEquations(
  nRows: i32,
  indptr: usize,
  indices: usize,
  confidence: usize,
  target: usize,
  factors: usize,
  d: i32,
  matrices: usize,
  sides: usize,
  scratch: usize,
): void {
  const stride = <usize>d << 2;
  for (let u = 0; u < nRows; u++) {
    const first = load<i32>(indptr + (<usize>u << 2));
    const n = load<i32>(indptr + (<usize>u << 2), 4) - first;
    const at = <usize>first << 2;
    const a = matrices + <usize>u * <usize>d * stride;
    addEquations(n, indices + at, confidence + at, target + at, factors, d, a, sides + <usize>u * stride, scratch);
  }
}
