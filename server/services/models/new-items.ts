/** Adds items that are newer than the active version to it, so that they are listed before the next training. */

import type { Item } from '../../domain/index.js';
import { withNewItems } from '../../learning/index.js';

import type { ServingModel } from './serving-model.js';

/** With more new items, training is due; the others wait for it. */
const MAX_NEW_ITEMS = 5_000;

/**
 * `model` with these items added, or with their present content; the same object if nothing changes. A generator with
 * short steps, like `withNewItems`.
 */
export function* withItems<M extends Omit<ServingModel, 'generation'>>(
  model: M,
  items: readonly Item[],
): Generator<void, M> {
  const { trained } = model;
  if (trained.featureWeights.length === 0) return model;
  const newItems = new Map(model.newItems);
  let hasChanged = false;
  for (const item of items) {
    const index = model.itemIndex.get(item.itemId);
    if (index !== undefined && index < trained.nTrainedItems) continue;
    if (index === undefined && newItems.size >= MAX_NEW_ITEMS) continue;
    hasChanged ||= index !== undefined;
    newItems.set(item.itemId, model.contentOf(item));
    yield;
  }
  const nKept = hasChanged ? 0 : model.newItems.size;
  const added = [...newItems].slice(nKept);
  if (added.length === 0) return model;
  const base = hasChanged ? trained : model.recommender;
  const itemIds = [...model.itemIds.slice(0, base.nItems), ...added.map(([itemId]) => itemId)];
  const source = model.itemSource();
  yield;
  const recommender = yield* withNewItems(
    source,
    base,
    added.map(([, neighbours]) => neighbours),
  );
  const itemIndex = new Map(itemIds.map((itemId, index) => [itemId, index]));
  return { ...model, newItems, itemIds, itemIndex, recommender };
}
