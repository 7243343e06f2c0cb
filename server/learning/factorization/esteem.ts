/**
 * How an item is thought of by those who met it: the share of attraction among attractions and dislikes, drawn towards
 * that of all items, as a multiple of it. An item that many met and few liked is recommended less, to everyone.
 */
import type { SparseRows } from '../linalg/index.js';

/** Attractions that an item must have before its own share outweighs that of all. */
const SHRINKAGE = 10;

/** Float32Array [nItems], above 0, 1 for an item like all; all 1 where nobody dislikes anything. */
export function esteemOf({ indices, values }: SparseRows, nItems: number): Float32Array {
  const liked = new Float64Array(nItems);
  const disliked = new Float64Array(nItems);
  for (let p = 0; p < indices.length; p++) {
    if (values[p] > 0) liked[indices[p]] += values[p];
    else disliked[indices[p]] += 1;
  }
  const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
  const total = sum(liked);
  if (total === 0) return new Float32Array(nItems).fill(1);
  const odds = sum(disliked) / total;
  return Float32Array.from(liked, (likes, j) => {
    const share = (likes + SHRINKAGE) / (likes + disliked[j] + SHRINKAGE * (1 + odds));
    return share * (1 + odds);
  });
}
