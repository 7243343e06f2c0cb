/** Cosine similarity on the model's own vectors. */
import { InvalidShapeError } from '../errors.js';

import { topN } from '../linalg/index.js';
import type { RecommenderModel } from './model.js';

/**
 * The n allowed items (default: all) most similar to an item, best first, without the item itself; ties by index.
 * Throws InvalidShapeError.
 */
export function similarItems(
  model: RecommenderModel,
  itemIndex: number,
  { n, isAllowed }: { n: number; isAllowed?: (itemIndex: number) => boolean },
): { itemIndex: number; similarity: number }[] {
  return nearest(model.itemEmbeddings, shapeOf(model, model.nItems), itemIndex, { n, isAllowed }).map(
    ({ index, similarity }) => ({
      itemIndex: index,
      similarity,
    }),
  );
}

/** Similar personas, by their prior embeddings. */
export function similarPersonas(
  model: RecommenderModel,
  personaIndex: number,
  n: number,
): { personaIndex: number; similarity: number }[] {
  return nearest(model.personaPriors, shapeOf(model, model.nPersonas), personaIndex, { n }).map(
    ({ index, similarity }) => ({
      personaIndex: index,
      similarity,
    }),
  );
}

function nearest(
  rows: Float32Array,
  { nRows, nComponents }: { nRows: number; nComponents: number },
  of: number,
  { n, isAllowed }: { n: number; isAllowed?: (index: number) => boolean },
): { index: number; similarity: number }[] {
  if (!(of >= 0 && of < nRows))
    throw new InvalidShapeError(`Row ${of} is out of range: there are ${nRows} rows.`);
  const d = nComponents;
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let f = 0; f < d; f++) sum += rows[a * d + f] * rows[b * d + f];
    return sum;
  };
  const own = dot(of, of);
  const similarity = new Float32Array(nRows);
  for (let index = 0; index < nRows; index++) {
    const norm = Math.sqrt(own * dot(index, index));
    similarity[index] = norm === 0 ? 0 : dot(of, index) / norm;
  }
  const best = topN(similarity, n, (index) => index !== of && isAllowed?.(index) !== false);
  return Array.from(best, (index) => ({ index, similarity: similarity[index] }));
}

function shapeOf(
  { hyperParameters }: RecommenderModel,
  nRows: number,
): { nRows: number; nComponents: number } {
  return { nRows, nComponents: hyperParameters.nComponents };
}
