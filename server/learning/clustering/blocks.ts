/** Points in the layout of the distance kernels: four side by side, [nBlocks, nComponents, 4], rounded to float32. */
import type { Arena } from '../kernels/index.js';

/** Number of blocks for n points. */
export function blockCount(n: number): number {
  return Math.ceil(n / 4);
}

/** Writes a point as lane `slot` of `blocks`; slots are numbered through all blocks, four in each. */
export function writePoint(
  blocks: Float32Array,
  slot: number,
  points: Float64Array,
  row: number,
  nComponents: number,
): void {
  const at = (slot >> 2) * 4 * nComponents + (slot & 3);
  for (let d = 0; d < nComponents; d++) blocks[at + 4 * d] = points[row * nComponents + d];
}

/**
 * Copies all points in order; the unused lanes of the last block stay zero. The result is arena memory, valid until
 * released.
 */
export function toBlocks(arena: Arena, points: Float64Array, nComponents: number): Float32Array {
  const nPoints = points.length / nComponents;
  const blocks = arena.float32(blockCount(nPoints) * 4 * nComponents);
  for (let i = 0; i < nPoints; i++) writePoint(blocks, i, points, i, nComponents);
  return blocks;
}
