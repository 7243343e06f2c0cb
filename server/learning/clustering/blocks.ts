/** Points in the layout the distance kernels read: four side by side, [nBlocks, nComponents, 4], rounded to float32. */
import type { Arena } from '../kernels/index.js';

/** Blocks that n points fill. */
export function blockCount(n: number): number {
  return Math.ceil(n / 4);
}

/** Writes one point as lane `slot` of `blocks`; slots count through the blocks, four in each. */
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

/** All points in order; the unused lanes of the last block stay zero. Lives in the arena until it is released. */
export function toBlocks(arena: Arena, points: Float64Array, nComponents: number): Float32Array {
  const nPoints = points.length / nComponents;
  const blocks = arena.float32(blockCount(nPoints) * 4 * nComponents);
  for (let i = 0; i < nPoints; i++) writePoint(blocks, i, points, i, nComponents);
  return blocks;
}
