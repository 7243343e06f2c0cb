// Products of rows in eight bits: a quarter of the memory to read, and an error that is known per row.
import { sumOfEach } from './vector';

/** Largest absolute code. */
const LARGEST: f32 = 127;
/** The norm of the error is rounded up by this share, for what its own sum loses. */
const ROUNDING: f32 = 1e-5;

/** Codes of `rows` rows of B [rows, d]: B = scale * code + rest, with the norm of each row's rest. */
export function codeRows(b: usize, rows: i32, d: i32, codes: usize, scales: usize, errors: usize): void {
  for (let r = 0; r < rows; r++) {
    const row = b + ((<usize>r * <usize>d) << 2);
    const to = codes + <usize>r * <usize>d;
    let largest: f32 = 0;
    for (let f = 0; f < d; f++) largest = max(largest, abs(load<f32>(row + (<usize>f << 2))));
    const scale = largest / LARGEST;
    let squares: f32 = 0;
    for (let f = 0; f < d; f++) {
      const x = load<f32>(row + (<usize>f << 2));
      const code: f32 = scale > 0 ? nearest(x / scale) : 0;
      const rest = x - scale * code;
      squares += rest * rest;
      store<i8>(to + <usize>f, <i8>(<i32>code));
    }
    store<f32>(scales + (<usize>r << 2), scale);
    store<f32>(errors + (<usize>r << 2), sqrt(squares) * (1 + ROUNDING));
  }
}

/**
 * Writes to `out` the rows r with scales[r] * s * (codes[r] . x) + w0 c0[r] + w1 c1[r] + w2 c2[r] + e * errors[r] >= bar,
 * and returns their number. `x` is [d] in sixteen bits; `rows` is a multiple of four, `d` of eight.
 */
export function rowsAbove(
  codes: usize,
  scales: usize,
  errors: usize,
  rows: i32,
  d: i32,
  x: usize,
  s: f32,
  c0: usize,
  w0: f32,
  c1: usize,
  w1: f32,
  c2: usize,
  w2: f32,
  e: f32,
  bar: f32,
  out: usize,
): i32 {
  const stride = <usize>d;
  let count = 0;
  for (let r = 0; r < rows; r += 4) {
    const p0 = codes + <usize>r * stride;
    const p1 = p0 + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    for (let z: usize = 0; z < stride; z += 8) {
      const v = v128.load(x + (z << 1));
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v, v128.load8x8_s(p0 + z)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v, v128.load8x8_s(p1 + z)));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v, v128.load8x8_s(p2 + z)));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v, v128.load8x8_s(p3 + z)));
    }
    const at = <usize>r << 2;
    let upper = sumOfEach(
      f32x4.convert_i32x4_s(s0),
      f32x4.convert_i32x4_s(s1),
      f32x4.convert_i32x4_s(s2),
      f32x4.convert_i32x4_s(s3),
    );
    upper = f32x4.mul(f32x4.mul(upper, v128.load(scales + at)), f32x4.splat(s));
    upper = f32x4.add(upper, f32x4.mul(f32x4.splat(w0), v128.load(c0 + at)));
    upper = f32x4.add(upper, f32x4.mul(f32x4.splat(w1), v128.load(c1 + at)));
    upper = f32x4.add(upper, f32x4.mul(f32x4.splat(w2), v128.load(c2 + at)));
    upper = f32x4.add(upper, f32x4.mul(f32x4.splat(e), v128.load(errors + at)));
    let mask = i32x4.bitmask(f32x4.ge(upper, f32x4.splat(bar)));
    while (mask != 0) {
      store<i32>(out + (<usize>count << 2), r + ctz(mask));
      count++;
      mask &= mask - 1;
    }
  }
  return count;
}
