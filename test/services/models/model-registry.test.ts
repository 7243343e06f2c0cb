/** Items that are introduced to the served model while the event loop does other work. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { Item } from '../../../server/domain/index.js';
import {
  completeHyperParameters,
  createContentIndex,
  createItemSource,
  fitRecommender,
} from '../../../server/learning/index.js';
import { ModelRegistry } from '../../../server/services/models/index.js';
import { inputOf, tastes } from '../../learning/factorization/example-data.js';

const nItems = 60;
const trained = fitRecommender(
  inputOf(tastes({ nUsers: 300, nItems, nGroups: 3, seed: 2 }), nItems, {
    itemFeatures: Array.from({ length: nItems }, (_, item) => [item % 3, 3 + (item % 8)]),
  }),
  { seed: 1, hyperParameters: completeHyperParameters({ nComponents: 8, nNeighbours: 12, nSweeps: 3 }) },
);
const neighboursOf = createContentIndex(trained);
const itemIds = Array.from({ length: nItems }, (_, item) => `item-${item}`);
const serving = {
  ...{ version: 1, recommender: trained, trained, itemIds, newItems: new Map(), map: null },
  itemIndex: new Map(itemIds.map((itemId, index) => [itemId, index])),
  contentOf: () => neighboursOf([0, 3]),
  itemSource: () => createItemSource(trained),
} as unknown as Parameters<ModelRegistry['swap']>[0];
const items = (prefix: string, n: number) =>
  Array.from({ length: n }, (_, k) => ({ itemId: `${prefix}-${k}` }) as Item);

describe('new items of the served model', () => {
  let registry: ModelRegistry;
  beforeEach(() => {
    registry = new ModelRegistry();
    registry.swap(serving);
  });

  it('are added in many turns of the event loop', async () => {
    let nTurns = 0;
    let hasEnded = false;
    const count = () => {
      nTurns += 1;
      if (!hasEnded) setImmediate(count);
    };
    setImmediate(count);
    await registry.introduce(items('new', 300));
    hasEnded = true;
    expect(registry.current().itemIds).toHaveLength(nItems + 300);
    expect(registry.current().recommender.nItems).toBe(nItems + 300);
    expect(nTurns).toBeGreaterThan(30);
  });

  it('are all there if they come in several calls at once', async () => {
    const parts = ['a', 'b', 'c'].map((prefix) => items(prefix, 20));
    await Promise.all(parts.map((part) => registry.introduce(part)));
    const { itemIds: ids, itemIndex, generation } = registry.current();
    expect(ids).toEqual([...itemIds, ...parts.flat().map(({ itemId }) => itemId)]);
    expect(ids.every((itemId, index) => itemIndex.get(itemId) === index)).toBe(true);
    expect(generation).toBe(4);
  });

  it('go to the version that is activated meanwhile', async () => {
    const introduced = registry.introduce(items('new', 20));
    await new Promise((resolve) => setImmediate(resolve));
    registry.swap({ ...serving, version: 2 });
    await introduced;
    expect(registry.current()).toMatchObject({ version: 2 });
    expect(registry.current().itemIndex.has('new-19')).toBe(true);
  });
});
