/** TypeScript twins of assembly/clustering.ts, bit for bit: every step is rounded to float32 like the vector code. */
import type { CellsArguments } from '../types.js';

const { fround } = Math;

export function assignPoints(
  blocks: Float32Array,
  nBlocks: number,
  d: number,
  centroids: Float32Array,
  k: number,
  labels: Int32Array,
  nearest: Float32Array,
): void {
  for (let i = 0; i < 4 * nBlocks; i++) {
    nearest[i] = Infinity;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(blocks, i, d, centroids, c * d);
      if (distance < nearest[i]) {
        nearest[i] = distance;
        labels[i] = c;
      }
    }
  }
}

export function shrinkNearest(
  blocks: Float32Array,
  nBlocks: number,
  d: number,
  point: Float32Array,
  nearest: Float32Array,
  out: Float32Array,
): number {
  const sums = [0, 0];
  for (let i = 0; i < 4 * nBlocks; i++) {
    out[i] = Math.min(nearest[i], squaredDistance(blocks, i, d, point, 0));
    sums[i % 2] += out[i];
  }
  return sums[0] + sums[1];
}

export function sumDistances({
  blocks,
  nComponents: d,
  point,
  cellEnds,
  weights,
  out,
}: CellsArguments): void {
  for (let cell = 0, i = 0; cell < cellEnds.length; cell++) {
    const sums = [0, 0];
    for (; i < 4 * cellEnds[cell]; i++) {
      sums[i % 2] += fround(fround(Math.sqrt(squaredDistance(blocks, i, d, point, 0))) * weights[i]);
    }
    out[cell] = sums[0] + sums[1];
  }
}

/** Squared distance between the i-th point of `blocks` and the point that starts at `other[at]`. */
function squaredDistance(
  blocks: Float32Array,
  i: number,
  d: number,
  other: Float32Array,
  at: number,
): number {
  const start = (i >> 2) * 4 * d + (i & 3);
  let sum = 0;
  for (let c = 0; c < d; c++) {
    const difference = fround(blocks[start + 4 * c] - other[at + c]);
    sum = fround(sum + fround(difference * difference));
  }
  return sum;
}
