/**
 * Like rate of an item: its share of preferences among preferences and dislikes, shrunk towards the share of all items,
 * relative to it. Items with many interactions but few likes are recommended less, to every user.
 */
import type { SparseRows } from '../linalg/index.js';

/** Number of preferences at which an item's own share outweighs the overall share. */
const SHRINKAGE = 10;

/** Float32Array [nItems], above 0, 1 for an average item; all 1 without dislikes. */
export function likeRateOf({ indices, values }: SparseRows, nItems: number): Float32Array {
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
