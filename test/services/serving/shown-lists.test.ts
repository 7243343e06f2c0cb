/** Lists handed out: counted once, read back for positions, forgotten with their user. */

import { beforeEach, describe, expect, it } from 'vitest';

import { OWN_LIST_PREFIX, type RecommendationList } from '../../../server/domain/index.js';
import { ShownLists } from '../../../server/services/serving/shown-lists.js';
import type { ActivityMetrics } from '../../../server/services/users/index.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { SILENT } from '../../support/small-world.js';

const ANN = 'a'.repeat(64);
const BOB = 'b'.repeat(64);

function listOf(userId: string, listId: string, itemIds: readonly string[]): RecommendationList {
  const explanation = { persona: 0, popularity: 0, items: [], otherItems: 0, total: 0 };
  return {
    ...{ listId: `${OWN_LIST_PREFIX}${listId}`, userId, modelVersion: 1, revision: 0, personaId: null },
    items: itemIds.map((itemId, at) => ({ itemId, rank: at + 1, score: 0, explanation })),
  } as unknown as RecommendationList;
}

describe('the lists that were shown', () => {
  let store: Store;
  let counted: [userId: string, itemIds: readonly string[]][];
  let forgotten: string[];
  const create = () =>
    new ShownLists({
      store,
      metrics: {
        addShown: (userId: string, _personaId: string | null, _at: number, itemIds: readonly string[]) =>
          counted.push([userId, itemIds]),
        forget: (userId: string) => forgotten.push(userId),
      } as unknown as ActivityMetrics,
      clock: () => Date.UTC(2026, 0, 5),
      log: SILENT,
    });
  beforeEach(() => {
    store = createMemoryStore();
    [counted, forgotten] = [[], []];
  });

  const positionOf = async (
    shown: ShownLists,
    list: RecommendationList,
    itemId: string,
    userId = list.userId,
  ) => (await shown.positionsOf([{ userId, itemId, listId: list.listId, position: 7 }]))[0];

  it('counts a list once, and an empty one not at all', () => {
    const shown = create();
    const list = listOf(ANN, '1', ['x', 'y']);
    for (const one of [list, list, listOf(BOB, '2', [])]) shown.add(one);
    expect(counted).toEqual([[ANN, ['x', 'y']]]);
  });

  it('knows positions before and after they are written, also on another instance', async () => {
    const shown = create();
    const list = listOf(ANN, '1', ['x', 'y']);
    shown.add(list);
    expect(await positionOf(shown, list, 'y')).toBe(1);
    await shown.drain();
    expect(await positionOf(create(), list, 'y')).toBe(1);
  });

  it('takes the position of the sender for an item or a user that the list is not of', async () => {
    const shown = create();
    const list = listOf(ANN, '1', ['x', 'y']);
    shown.add(list);
    expect(await positionOf(shown, list, 'z')).toBe(7);
    expect(await positionOf(shown, list, 'y', BOB)).toBe(7);
    expect(await positionOf(shown, listOf(ANN, 'unknown', ['y']), 'y')).toBe(7);
  });

  it('finds what a user was listed in the store and among what waits', async () => {
    const shown = create();
    shown.add(listOf(ANN, '1', ['x']));
    await shown.drain();
    shown.add(listOf(ANN, '2', ['y']));
    shown.add(listOf(BOB, '3', ['z']));
    expect([...(await shown.itemsListedTo(ANN))].sort()).toEqual(['x', 'y']);
  });

  it('drops what waits for a user that is forgotten', async () => {
    const shown = create();
    const [anns, bobs] = [listOf(ANN, '1', ['x']), listOf(BOB, '2', ['x'])];
    for (const list of [anns, bobs]) shown.add(list);
    shown.forget(ANN);
    await shown.drain();
    expect(forgotten).toEqual([ANN]);
    expect(await store.shownLists.findByUser(ANN)).toEqual([]);
    expect(await positionOf(shown, anns, 'x')).toBe(7);
    expect(await positionOf(shown, bobs, 'x')).toBe(0);
  });
});
