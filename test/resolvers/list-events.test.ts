/** What a subscription to a list pushes, and what it leaves out. */

import { describe, expect, it } from 'vitest';

import type { RecommendationList } from '../../server/domain/index.js';
import { createEventBus } from '../../server/events/index.js';
import { ListEvents } from '../../server/resolvers/list-events.js';

const USER = 'a'.repeat(64);

const listOf = (revision: number, itemIds: readonly string[]): RecommendationList => ({
  ...{ listId: `list-${revision}`, userId: USER, modelVersion: 1, revision, personaId: null, facet: null },
  items: itemIds.map((itemId, n) => ({
    ...{ itemId, rank: n + 1, score: 1 / (n + 1), explanation: null as never },
  })),
});

function open() {
  const bus = createEventBus();
  const state = { list: listOf(1, ['a', 'b']) };
  const window = () =>
    new ListEvents(bus.subscribe(['recommendations.updated']), {
      catalogue: { generation: 1, hasChangedSince: () => false },
      list: () => Promise.resolve(state.list),
      isFickle: false,
    });
  const publish = () =>
    bus.publish('recommendations.updated', { userId: USER, cause: 'FEEDBACK', receivedAt: 0 });
  return { state, window, publish };
}

describe('a subscription to a list', () => {
  it('pushes the list of the event, even if the next one comes before it is sent', async () => {
    const { state, window, publish } = open();
    const events = window();
    const first = events.next();
    state.list = listOf(2, ['b', 'c']);
    publish();
    const pushed = (await first).value!.list;
    state.list = listOf(3, ['c', 'd']);
    publish();
    expect([pushed, (await events.next()).value!.list].map((list) => list?.revision)).toEqual([2, 3]);
  });

  it('pushes no list twice that was read again with the same content', async () => {
    const { state, window, publish } = open();
    const events = window();
    const first = events.next();
    state.list = listOf(2, ['b', 'c']);
    publish();
    await first;
    const second = events.next();
    state.list = listOf(2, ['b', 'c']);
    publish();
    await new Promise((resolve) => setImmediate(resolve));
    state.list = listOf(3, ['b', 'c']);
    publish();
    expect((await second).value!.list?.revision).toBe(3);
  });

  it('shares one change between windows that see the same list', async () => {
    const { state, window, publish } = open();
    const windows = [window(), window()];
    const pushes = windows.map((events) => events.next());
    state.list = listOf(2, ['b', 'c']);
    publish();
    const [one, other] = await Promise.all(pushes);
    expect(other.value).toBe(one.value);
  });
});
