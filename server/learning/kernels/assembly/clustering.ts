// Distances between points and centroids. Points are in blocks of four, [nBlocks, d, 4]: a lane is a point.

/** Squared distances of the four points of a block to the point at `c`, whose coordinates end at `end`. */
// @ts-ignore: decorator
@inline
function squaredDistances(block: usize, c: usize, end: usize): v128 {
  let sum = f32x4.splat(0);
  for (; c < end; c += 4, block += 16) {
    const difference = f32x4.sub(v128.load(block), v128.load32_splat(c));
    sum = f32x4.add(sum, f32x4.mul(difference, difference));
  }
  return sum;
}

/** The nearest of k centroids [k, d] of every point and its squared distance; ties go to the lower index. */
export function assignPoints(
  blocks: usize,
  nBlocks: i32,
  d: i32,
  centroids: usize,
  k: i32,
  labels: usize,
  nearest: usize,
): void {
  const row = <usize>d << 2;
  const end = blocks + <usize>nBlocks * (row << 2);
  for (let block = blocks; block < end; block += row << 2) {
    let best = f32x4.splat(Infinity);
    let label = i32x4.splat(0);
    let c = centroids;
    for (let j = 0; j < k; j++, c += row) {
      const distance = squaredDistances(block, c, c + row);
      const isCloser = f32x4.lt(distance, best);
      best = v128.bitselect(distance, best, isCloser);
      label = v128.bitselect(i32x4.splat(j), label, isCloser);
    }
    v128.store(labels, label);
    v128.store(nearest, best);
    labels += 16;
    nearest += 16;
  }
}

/** out := min(nearest, squared distance to `point` [d]); returns the sum of out. */
export function shrinkNearest(
  blocks: usize,
  nBlocks: i32,
  d: i32,
  point: usize,
  nearest: usize,
  out: usize,
): f64 {
  const row = <usize>d << 2;
  const end = blocks + <usize>nBlocks * (row << 2);
  let sum = f64x2.splat(0);
  for (let block = blocks; block < end; block += row << 2) {
    const distance = f32x4.min(v128.load(nearest), squaredDistances(block, point, point + row));
    v128.store(out, distance);
    sum = addLanes(sum, distance);
    nearest += 16;
    out += 16;
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * out [nCells] := for each cell of consecutive blocks the sum of the distances of its points to `point` [d].
 * Cell c ends before block cellEnds[c]; `weights` [nBlocks, 4] is 1 for points and 0 for padding.
 */
export function sumDistances(
  blocks: usize,
  d: i32,
  point: usize,
  cellEnds: usize,
  nCells: i32,
  weights: usize,
  out: usize,
): void {
  const row = <usize>d << 2;
  let block = blocks;
  for (let cell = 0; cell < nCells; cell++) {
    const end = blocks + <usize>load<i32>(cellEnds) * (row << 2);
    let sum = f64x2.splat(0);
    for (; block < end; block += row << 2) {
      const distance = f32x4.sqrt(squaredDistances(block, point, point + row));
      sum = addLanes(sum, f32x4.mul(distance, v128.load(weights)));
      weights += 16;
    }
    store<f32>(out, <f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    cellEnds += 4;
    out += 4;
  }
}

/** Adds lanes 0 and 2 to the first half of `sum`, lanes 1 and 3 to the second, in double precision. */
// @ts-ignore: decorator
@inline
function addLanes(sum: v128, lanes: v128): v128 {
  const low = f64x2.promote_low_f32x4(lanes);
  const high = f64x2.promote_low_f32x4(f32x4.shuffle(lanes, lanes, 2, 3, 2, 3));
  return f64x2.add(f64x2.add(sum, low), high);
}
