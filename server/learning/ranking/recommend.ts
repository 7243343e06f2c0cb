/** Stage 6: recommends a list to a folded-in user. */
import { InvalidShapeError } from '../errors.js';
import { bestItems } from '../factorization/index.js';
import { calibrationOf } from './calibrate.js';
import { diversify } from './diversify.js';

import type { RecommenderModel, UserState } from '../factorization/index.js';
import type { Facets } from './facets.js';

export interface RecommendOptions {
  /** Length of the list; shorter if fewer items are allowed. */
  readonly n: number;
  /** Whether an item may be listed, to exclude settled items and apply filters. Default: all. */
  readonly isAllowed?: (itemIndex: number) => boolean;
  /** 0..1: weight of dissimilarity against score. Default 0. */
  readonly diversity?: number;
  /** The user's facets, of which the list then loses none. Default: the facets do not matter. */
  readonly facets?: Facets | null;
}

export interface RankedItem {
  readonly itemIndex: number;
  readonly score: number;
}

/** Number of candidates for diversification, as a multiple of the list length, and its minimum. */
const POOL_FACTOR = 5;
const MIN_POOL = 50;
/** Max candidates: selection takes pool times length steps, and a larger pool costs more than it gains. */
const MAX_POOL = 200;

/**
 * Best first, ties by lower item index; with diversity, in the order of selection. Throws InvalidShapeError for a
 * diversity outside 0..1.
 */
export function recommend(
  model: RecommenderModel,
  state: UserState,
  options: RecommendOptions,
): RankedItem[] {
  const { n, isAllowed, diversity = 0 } = options;
  if (!(diversity >= 0 && diversity <= 1))
    throw new InvalidShapeError(`diversity must be in 0..1, not ${diversity}.`);
  const space = { embeddings: model.itemEmbeddings, nComponents: model.hyperParameters.nComponents };
  const calibration = calibrationOf(options.facets ?? null, space);
  let pool = n;
  if (diversity > 0) pool = Math.max(n, Math.min(Math.max(n * POOL_FACTOR, MIN_POOL), MAX_POOL));
  if (calibration !== undefined) pool = Math.max(n, MAX_POOL);
  const candidates = bestItems(model, state, pool, isAllowed);
  const scoreOf = new Map(Array.from(candidates.items, (item, k) => [item, candidates.scores[k]]));
  const list = diversify(candidates, { n, diversity, calibration, ...space });
  const ranked = Array.from(list, (itemIndex) => ({ itemIndex, score: scoreOf.get(itemIndex)! }));
  if (diversity === 0) ranked.sort((a, b) => b.score - a.score || a.itemIndex - b.itemIndex);
  return ranked;
}
