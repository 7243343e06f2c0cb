// Dense products on row-major float32 matrices. `d`, the number of columns, is a multiple of eight.
import { dot, storeTransposed, sumOfEach } from './vector';

/** Rows are processed in chunks that stay in the L1 cache while every tile passes over them. */
const CHUNK_BYTES: i32 = 24576;

/**
 * Lower 4 x 4 tiles of A += B'B for `rows` rows of B [rows, d], A [d, d]. Eight accumulators per tile pair: x64 has
 * only sixteen vector registers, and a spill costs more than the reloads.
 */
export function accumulateGram(b: usize, rows: i32, d: i32, a: usize): void {
  const chunk = CHUNK_BYTES / (d << 2);
  for (let done = 0; done < rows; done += chunk) {
    gramOfChunk(b + ((<usize>done * <usize>d) << 2), min<i32>(chunk, rows - done), d, a);
  }
}

function gramOfChunk(b: usize, rows: i32, d: i32, a: usize): void {
  const stride = <usize>d << 2;
  const end = b + <usize>rows * stride;
  for (let x = 0; x < d; x += 4) {
    const xb = <usize>x << 2;
    for (let y = 0; y <= x; y += 8) {
      const yb = <usize>y << 2;
      let to = a + <usize>x * stride + yb;
      let s00 = v128.load(to);
      let s01 = v128.load(to, 16);
      let s10 = v128.load(to + stride);
      let s11 = v128.load(to + stride, 16);
      let s20 = v128.load(to + 2 * stride);
      let s21 = v128.load(to + 2 * stride, 16);
      let s30 = v128.load(to + 3 * stride);
      let s31 = v128.load(to + 3 * stride, 16);
      for (let p = b; p < end; p += stride) {
        const y0 = v128.load(p + yb);
        const y1 = v128.load(p + yb, 16);
        let v = v128.load32_splat(p + xb);
        s00 = f32x4.add(s00, f32x4.mul(v, y0));
        s01 = f32x4.add(s01, f32x4.mul(v, y1));
        v = v128.load32_splat(p + xb, 4);
        s10 = f32x4.add(s10, f32x4.mul(v, y0));
        s11 = f32x4.add(s11, f32x4.mul(v, y1));
        v = v128.load32_splat(p + xb, 8);
        s20 = f32x4.add(s20, f32x4.mul(v, y0));
        s21 = f32x4.add(s21, f32x4.mul(v, y1));
        v = v128.load32_splat(p + xb, 12);
        s30 = f32x4.add(s30, f32x4.mul(v, y0));
        s31 = f32x4.add(s31, f32x4.mul(v, y1));
      }
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += stride;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += stride;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += stride;
      v128.store(to, s30);
      v128.store(to, s31, 16);
    }
  }
}

/** Lower 4 x 4 tiles of A = B B' for B [rows, d], A [rows, rows]; `rows` is a multiple of four. */
export function rowGram(b: usize, rows: i32, d: i32, a: usize): void {
  const stride = <usize>d << 2;
  const out = <usize>rows << 2;
  for (let x = 0; x < rows; x += 4) {
    const x0 = b + <usize>x * stride;
    for (let y = 0; y <= x; y += 4) {
      const y0 = b + <usize>y * stride;
      const left = tileColumnPair(x0, y0, stride, stride);
      const c0 = left;
      const c1 = pairSecond;
      const right = tileColumnPair(x0, y0 + 2 * stride, stride, stride);
      storeTransposed(a + <usize>x * out + (<usize>y << 2), out, c0, c1, right, pairSecond);
    }
  }
}

let pairSecond: v128 = f32x4.splat(0);

/** Dots of rows x0..x3 with row y0 (returned) and with row y1 (left in `pairSecond`), over `bytes` bytes. */
// @ts-ignore: decorator
@inline
function tileColumnPair(x0: usize, y0: usize, stride: usize, bytes: usize): v128 {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  const x1 = x0 + stride;
  const x2 = x1 + stride;
  const x3 = x2 + stride;
  const y1 = y0 + stride;
  // Two steps per iteration: the addresses of the second are offsets in the load instruction.
  let z: usize = 0;
  for (; z + 16 < bytes; z += 32) {
    let u = v128.load(y0 + z);
    let v = v128.load(y1 + z);
    let x = v128.load(x0 + z);
    a0 = f32x4.add(a0, f32x4.mul(x, u));
    b0 = f32x4.add(b0, f32x4.mul(x, v));
    x = v128.load(x1 + z);
    a1 = f32x4.add(a1, f32x4.mul(x, u));
    b1 = f32x4.add(b1, f32x4.mul(x, v));
    x = v128.load(x2 + z);
    a2 = f32x4.add(a2, f32x4.mul(x, u));
    b2 = f32x4.add(b2, f32x4.mul(x, v));
    x = v128.load(x3 + z);
    a3 = f32x4.add(a3, f32x4.mul(x, u));
    b3 = f32x4.add(b3, f32x4.mul(x, v));
    u = v128.load(y0 + z, 16);
    v = v128.load(y1 + z, 16);
    x = v128.load(x0 + z, 16);
    a0 = f32x4.add(a0, f32x4.mul(x, u));
    b0 = f32x4.add(b0, f32x4.mul(x, v));
    x = v128.load(x1 + z, 16);
    a1 = f32x4.add(a1, f32x4.mul(x, u));
    b1 = f32x4.add(b1, f32x4.mul(x, v));
    x = v128.load(x2 + z, 16);
    a2 = f32x4.add(a2, f32x4.mul(x, u));
    b2 = f32x4.add(b2, f32x4.mul(x, v));
    x = v128.load(x3 + z, 16);
    a3 = f32x4.add(a3, f32x4.mul(x, u));
    b3 = f32x4.add(b3, f32x4.mul(x, v));
  }
  if (z < bytes) {
    const u = v128.load(y0 + z);
    const v = v128.load(y1 + z);
    let x = v128.load(x0 + z);
    a0 = f32x4.add(a0, f32x4.mul(x, u));
    b0 = f32x4.add(b0, f32x4.mul(x, v));
    x = v128.load(x1 + z);
    a1 = f32x4.add(a1, f32x4.mul(x, u));
    b1 = f32x4.add(b1, f32x4.mul(x, v));
    x = v128.load(x2 + z);
    a2 = f32x4.add(a2, f32x4.mul(x, u));
    b2 = f32x4.add(b2, f32x4.mul(x, v));
    x = v128.load(x3 + z);
    a3 = f32x4.add(a3, f32x4.mul(x, u));
    b3 = f32x4.add(b3, f32x4.mul(x, v));
  }
  pairSecond = sumOfEach(b0, b1, b2, b3);
  return sumOfEach(a0, a1, a2, a3);
}

/**
 * In-place Cholesky factorisation of the lower triangle of A [n, n], n a multiple of four, left-looking in blocks of
 * four columns. The diagonal receives the reciprocals, as needed by the solves. A pivot that is non-positive through
 * rounding is raised to a tiny positive value.
 */
export function cholesky(a: usize, n: i32): void {
  const stride = <usize>n << 2;
  for (let y = 0; y < n; y += 4) {
    const yb = <usize>y << 2;
    const y0 = a + <usize>y * stride;
    for (let x = y; x < n; x += 4) {
      const x0 = a + <usize>x * stride;
      const c0 = tileColumnPair(x0, y0, stride, yb);
      const c1 = pairSecond;
      const c2 = tileColumnPair(x0, y0 + 2 * stride, stride, yb);
      const c3 = pairSecond;
      const to = x0 + yb;
      subtractTransposed(to, stride, c0, c1, c2, c3);
      if (x == y) factorTile(to, stride);
      else solveTile(to, stride, y0 + yb);
    }
  }
}

/** Tile at `to` minus the tile whose columns are given. */
// @ts-ignore: decorator
@inline
function subtractTransposed(to: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = f32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab1 = f32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd0 = f32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd1 = f32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, f32x4.sub(v128.load(to), f32x4.shuffle(ab0, cd0, 0, 1, 4, 5)));
  to += stride;
  v128.store(to, f32x4.sub(v128.load(to), f32x4.shuffle(ab0, cd0, 2, 3, 6, 7)));
  to += stride;
  v128.store(to, f32x4.sub(v128.load(to), f32x4.shuffle(ab1, cd1, 0, 1, 4, 5)));
  to += stride;
  v128.store(to, f32x4.sub(v128.load(to), f32x4.shuffle(ab1, cd1, 2, 3, 6, 7)));
}

// @ts-ignore: decorator
@inline
function pivot(v: f32): f32 {
  return 1 / sqrt<f32>(max<f32>(v, 1e-12));
}

/** Scalar Cholesky of a 4 x 4 tile. */
function factorTile(t: usize, stride: usize): void {
  const r1 = t + stride;
  const r2 = r1 + stride;
  const r3 = r2 + stride;
  const i0 = pivot(load<f32>(t));
  const l10 = load<f32>(r1) * i0;
  const l20 = load<f32>(r2) * i0;
  const l30 = load<f32>(r3) * i0;
  const i1 = pivot(load<f32>(r1, 4) - l10 * l10);
  const l21 = (load<f32>(r2, 4) - l20 * l10) * i1;
  const l31 = (load<f32>(r3, 4) - l30 * l10) * i1;
  const i2 = pivot(load<f32>(r2, 8) - l20 * l20 - l21 * l21);
  const l32 = (load<f32>(r3, 8) - l30 * l20 - l31 * l21) * i2;
  const i3 = pivot(load<f32>(r3, 12) - l30 * l30 - l31 * l31 - l32 * l32);
  store<f32>(t, i0);
  store<f32>(r1, l10);
  store<f32>(r1, i1, 4);
  store<f32>(r2, l20);
  store<f32>(r2, l21, 4);
  store<f32>(r2, i2, 8);
  store<f32>(r3, l30);
  store<f32>(r3, l31, 4);
  store<f32>(r3, l32, 8);
  store<f32>(r3, i3, 12);
}

/** Tile at `to` times the inverse transpose of the factored tile at `l`: four rows at once, lane = row. */
// @ts-ignore: decorator
@inline
function solveTile(to: usize, stride: usize, l: usize): void {
  const r0 = v128.load(to);
  const r1 = v128.load(to + stride);
  const r2 = v128.load(to + 2 * stride);
  const r3 = v128.load(to + 3 * stride);
  const a0 = f32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const a1 = f32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const b0 = f32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const b1 = f32x4.shuffle(r2, r3, 2, 6, 3, 7);
  const c0 = f32x4.mul(f32x4.shuffle(a0, b0, 0, 1, 4, 5), v128.load32_splat(l));
  l += stride;
  let c1 = f32x4.shuffle(a0, b0, 2, 3, 6, 7);
  c1 = f32x4.sub(c1, f32x4.mul(c0, v128.load32_splat(l)));
  c1 = f32x4.mul(c1, v128.load32_splat(l, 4));
  l += stride;
  let c2 = f32x4.shuffle(a1, b1, 0, 1, 4, 5);
  c2 = f32x4.sub(c2, f32x4.mul(c0, v128.load32_splat(l)));
  c2 = f32x4.sub(c2, f32x4.mul(c1, v128.load32_splat(l, 4)));
  c2 = f32x4.mul(c2, v128.load32_splat(l, 8));
  l += stride;
  let c3 = f32x4.shuffle(a1, b1, 2, 3, 6, 7);
  c3 = f32x4.sub(c3, f32x4.mul(c0, v128.load32_splat(l)));
  c3 = f32x4.sub(c3, f32x4.mul(c1, v128.load32_splat(l, 4)));
  c3 = f32x4.sub(c3, f32x4.mul(c2, v128.load32_splat(l, 8)));
  c3 = f32x4.mul(c3, v128.load32_splat(l, 12));
  storeTransposed(to, stride, c0, c1, c2, c3);
}

/** x := (L L')^-1 x for a factor computed by `cholesky`. */
export function choleskySolve(a: usize, n: i32, x: usize): void {
  const stride = <usize>n << 2;
  for (let r = 0; r < n; r++) {
    const row = a + <usize>r * stride;
    const whole = r & ~3;
    let s = load<f32>(x + (<usize>r << 2)) - dot(row, x, whole);
    for (let z = whole; z < r; z++) s -= load<f32>(row + (<usize>z << 2)) * load<f32>(x + (<usize>z << 2));
    store<f32>(x + (<usize>r << 2), s * load<f32>(row + (<usize>r << 2)));
  }
  for (let r = n - 1; r >= 0; r--) {
    const row = a + <usize>r * stride;
    const at = x + (<usize>r << 2);
    const s = load<f32>(at) * load<f32>(row + (<usize>r << 2));
    store<f32>(at, s);
    const whole = r & ~3;
    for (let z = whole; z < r; z++) {
      const p = x + (<usize>z << 2);
      store<f32>(p, load<f32>(p) - s * load<f32>(row + (<usize>z << 2)));
    }
    const v = f32x4.splat(s);
    const bytes = <usize>whole << 2;
    for (let z: usize = 0; z < bytes; z += 16) {
      v128.store(x + z, f32x4.sub(v128.load(x + z), f32x4.mul(v, v128.load(row + z))));
    }
  }
}

/** out [rows, d] = b [rows, d] times q [d, d]; must not overlap. */
export function multiplySquare(b: usize, rows: i32, d: i32, q: usize, out: usize): void {
  const stride = <usize>d << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const from = b + <usize>r * stride;
    const to = out + <usize>r * stride;
    for (let c: usize = 0; c < stride; c += 32) {
      let s00 = f32x4.splat(0);
      let s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0);
      let s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0);
      let s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0);
      let s31 = f32x4.splat(0);
      let qp = q + c;
      for (let f: usize = 0; f < stride; f += 4) {
        const q0 = v128.load(qp);
        const q1 = v128.load(qp, 16);
        qp += stride;
        const p = from + f;
        let v = v128.load32_splat(p);
        s00 = f32x4.add(s00, f32x4.mul(v, q0));
        s01 = f32x4.add(s01, f32x4.mul(v, q1));
        v = v128.load32_splat(p + stride);
        s10 = f32x4.add(s10, f32x4.mul(v, q0));
        s11 = f32x4.add(s11, f32x4.mul(v, q1));
        v = v128.load32_splat(p + 2 * stride);
        s20 = f32x4.add(s20, f32x4.mul(v, q0));
        s21 = f32x4.add(s21, f32x4.mul(v, q1));
        v = v128.load32_splat(p + 3 * stride);
        s30 = f32x4.add(s30, f32x4.mul(v, q0));
        s31 = f32x4.add(s31, f32x4.mul(v, q1));
      }
      const t = to + c;
      v128.store(t, s00);
      v128.store(t, s01, 16);
      v128.store(t + stride, s10);
      v128.store(t + stride, s11, 16);
      v128.store(t + 2 * stride, s20);
      v128.store(t + 2 * stride, s21, 16);
      v128.store(t + 3 * stride, s30);
      v128.store(t + 3 * stride, s31, 16);
    }
  }
  for (; r < rows; r++) {
    const from = b + <usize>r * stride;
    const to = out + <usize>r * stride;
    for (let c: usize = 0; c < stride; c += 16) {
      let s = f32x4.splat(0);
      for (let f = 0; f < d; f++) {
        const v = v128.load32_splat(from + (<usize>f << 2));
        s = f32x4.add(s, f32x4.mul(v, v128.load(q + <usize>f * stride + c)));
      }
      v128.store(to + c, s);
    }
  }
}

/** Products of four rows with x, over `bytes` bytes. */
// @ts-ignore: decorator
@inline
function fourDots(p0: usize, p1: usize, p2: usize, p3: usize, x: usize, bytes: usize): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (let z: usize = 0; z < bytes; z += 16) {
    const v = v128.load(x + z);
    s0 = f32x4.add(s0, f32x4.mul(v, v128.load(p0 + z)));
    s1 = f32x4.add(s1, f32x4.mul(v, v128.load(p1 + z)));
    s2 = f32x4.add(s2, f32x4.mul(v, v128.load(p2 + z)));
    s3 = f32x4.add(s3, f32x4.mul(v, v128.load(p3 + z)));
  }
  return sumOfEach(s0, s1, s2, s3);
}

/** out [n, rows] = x [n, d] times the transpose of b [rows, d]; each row is read once for all vectors. */
export function multiplyVectors(b: usize, rows: i32, d: i32, x: usize, n: i32, out: usize): void {
  const stride = <usize>d << 2;
  const line = <usize>rows << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const p0 = b + <usize>r * stride;
    const p1 = p0 + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    for (let k = 0; k < n; k++) {
      const xk = x + <usize>k * stride;
      v128.store(out + <usize>k * line + (<usize>r << 2), fourDots(p0, p1, p2, p3, xk, stride));
    }
  }
  for (; r < rows; r++) {
    for (let k = 0; k < n; k++) {
      store<f32>(out + <usize>k * line + (<usize>r << 2), dot(b + <usize>r * stride, x + <usize>k * stride, d));
    }
  }
}

/**
 * out [n] := the products of rows `indices` [n] of B [..., d] with x [d]; n is a multiple of four. The sums are those of
 * `multiplyVectors`.
 */
export function multiplySome(b: usize, d: i32, indices: usize, n: i32, x: usize, out: usize): void {
  const stride = <usize>d << 2;
  for (let k = 0; k < n; k += 4) {
    const at = indices + (<usize>k << 2);
    const p0 = b + <usize>load<i32>(at) * stride;
    const p1 = b + <usize>load<i32>(at, 4) * stride;
    const p2 = b + <usize>load<i32>(at, 8) * stride;
    const p3 = b + <usize>load<i32>(at, 12) * stride;
    v128.store(out + (<usize>k << 2), fourDots(p0, p1, p2, p3, x, stride));
  }
}
