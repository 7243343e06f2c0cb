// Small vector helpers, always inlined: sums over lanes and the 4 x 4 transpose.

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  const b = f32x4.add(a, f32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(b, 0) + f32x4.extract_lane(b, 1);
}

/** [sum a, sum b, sum c, sum d]. */
// @ts-ignore: decorator
@inline
export function sumOfEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(f32x4.shuffle(a, b, 0, 4, 1, 5), f32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(f32x4.shuffle(c, d, 0, 4, 1, 5), f32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(f32x4.shuffle(ab, cd, 0, 1, 4, 5), f32x4.shuffle(ab, cd, 2, 3, 6, 7));
}

/** Stores the transpose of the tile whose columns are a, b, c, d as four rows, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(to: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = f32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab1 = f32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd0 = f32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd1 = f32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, f32x4.shuffle(ab0, cd0, 0, 1, 4, 5));
  v128.store(to + stride, f32x4.shuffle(ab0, cd0, 2, 3, 6, 7));
  v128.store(to + 2 * stride, f32x4.shuffle(ab1, cd1, 0, 1, 4, 5));
  v128.store(to + 3 * stride, f32x4.shuffle(ab1, cd1, 2, 3, 6, 7));
}

/** Dot product; `length` is a multiple of four. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, length: i32): f32 {
  let sum = f32x4.splat(0);
  const bytes = <usize>length << 2;
  for (let z: usize = 0; z < bytes; z += 16) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(a + z), v128.load(b + z)));
  }
  return sumLanes(sum);
}

/** y += s x; `length` is a multiple of four. */
// @ts-ignore: decorator
@inline
export function axpy(y: usize, s: f32, x: usize, length: i32): void {
  const v = f32x4.splat(s);
  const bytes = <usize>length << 2;
  for (let z: usize = 0; z < bytes; z += 16) {
    v128.store(y + z, f32x4.add(v128.load(y + z), f32x4.mul(v, v128.load(x + z))));
  }
}
