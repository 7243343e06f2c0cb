/** How much of the hyper-parameter search a training run repeats. */

import type { SearchBudget } from '../learning/index.js';

import type { ActiveVersion } from './promotion-gate.js';

const MAX_FITS = 8;
/** Data are similar to the active version's if their number of interactions is within this factor, */
const MAX_GROWTH = 1.5;
/** and if it knows this share of their items. */
const MIN_KNOWN_SHARE = 0.5;

interface SearchedData {
  readonly dataset: { readonly nItems: number; readonly interactions: { readonly indices: Int32Array } };
  readonly active: Pick<ActiveVersion, 'version' | 'nSearched' | 'itemIndex'> | null;
}

/**
 * A search on data similar to the active version's starts from hyper-parameters that were found on nearly the same
 * data. It climbs a single ladder, and further ones only after a gain; successive versions begin at different ladders.
 */
export function searchBudget({ active, dataset: { nItems, interactions } }: SearchedData): SearchBudget {
  if (active === null) return { maxFits: MAX_FITS };
  const growth = interactions.indices.length / active.nSearched;
  const nKnown = active.itemIndex.filter((index) => index >= 0).length;
  const isSimilar = growth < MAX_GROWTH && growth > 1 / MAX_GROWTH && nKnown >= MIN_KNOWN_SHARE * nItems;
  return { maxFits: MAX_FITS, firstLadder: isSimilar ? active.version : undefined };
}
