/** Cosine similarity of item embeddings. */

import { InvalidShapeError } from '../errors.js';
import { topN } from '../linalg/index.js';

import type { RecommenderModel } from './model.js';

/**
 * The n allowed items (default: all) most similar to an item, best first, without the item itself; ties by index.
 * Empty for an item without an embedding: a new item without content. Throws InvalidShapeError.
 */
export function similarItems(
  { itemEmbeddings: rows, nItems, hyperParameters }: RecommenderModel,
  itemIndex: number,
  { n, isAllowed }: { n: number; isAllowed?: (itemIndex: number) => boolean },
): { itemIndex: number; similarity: number }[] {
  if (!(itemIndex >= 0 && itemIndex < nItems))
    throw new InvalidShapeError(`Row ${itemIndex} is out of range: there are ${nItems} rows.`);
  const d = hyperParameters.nComponents;
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let f = 0; f < d; f++) sum += rows[a * d + f] * rows[b * d + f];
    return sum;
  };
  const own = dot(itemIndex, itemIndex);
  if (own === 0) return [];
  const similarity = new Float32Array(nItems);
  for (let other = 0; other < nItems; other++) {
    const norm = Math.sqrt(own * dot(other, other));
    similarity[other] = norm === 0 ? 0 : dot(itemIndex, other) / norm;
  }
  const best = topN(similarity, n, (other) => other !== itemIndex && isAllowed?.(other) !== false);
  return Array.from(best, (other) => ({ itemIndex: other, similarity: similarity[other] }));
}
