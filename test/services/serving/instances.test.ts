/** What an instance does with a thumb that another one took. */

import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, it, vi } from 'vitest';

import type { Feedback, Opinion } from '../../../server/domain/index.js';
import { ListEvents } from '../../../server/resolvers/list-events.js';
import { LiveUsers } from '../../../server/services/users/live-users.js';
import { SILENT, smallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const USER = 'b'.repeat(64);

/** Two instances' profiles on one store; `taken` are the thumbs the first one took, in order. */
async function twoInstances() {
  const { store, container, another } = await smallWorld();
  await container.services.training.run('startup');
  const [first, second] = (await store.items.list({ first: 2, after: null })).rows.map(
    ({ itemId }) => itemId,
  );
  const taken: Feedback[] = [];
  const like = async (itemId: string, value: Opinion = 1) => {
    const outcome = await container.services.feedback.submit({ userId: USER, itemId, value, listId: null });
    if (outcome.kind === 'accepted') taken.push(outcome.feedback);
  };
  const other = new LiveUsers({
    ...{ store, catalogue: container.services.catalogue, clock: Date.now, log: SILENT },
    announce: () => Promise.resolve(),
    ...{ registry: { find: () => null }, bus: { publish: () => undefined } },
  });
  /** The profile as it follows from the record, once everything is written. */
  const truth = async () => {
    await container.services.userData.export(USER);
    return store.profiles.find(USER);
  };
  return { store, container, another, items: [first, second], like, taken, other, truth };
}

describe('a thumb whose instance ended before it was applied', () => {
  it.each([
    { title: 'unknown', isCached: false, isFollowed: false },
    { title: 'in memory without it', isCached: true, isFollowed: false },
    { title: 'in memory with it', isCached: true, isFollowed: true },
  ])(
    'stays in the record when the next thumb replaces it; its user is $title',
    async ({ isCached, isFollowed }) => {
      const { store, another, items, like, truth } = await twoInstances();
      await like(items[1]);
      await truth();
      const survivor = another();
      await survivor.start();
      const eventCount = async () => (await survivor.services.users.find(USER))?.eventCount;
      if (isCached) await eventCount();
      if (isFollowed) survivor.follow();
      const request = { userId: USER, itemId: items[0], listId: null, position: null };
      await store.feedback.submit({
        ...{ ...request, value: 1, at: Date.now(), modelVersion: 1, origin: 'ended', afterEvents: 1 },
      });
      if (isFollowed) await waitFor(async () => (await eventCount()) === 2, 'the thumb is followed');
      await survivor.services.feedback.submit({ ...request, value: -1 });
      await survivor.services.userData.export(USER);
      const record = await store.activity.findByUser(USER);
      expect(record.map(({ type }) => type)).toEqual(['like', 'like', 'dislike']);
      expect(await store.profiles.find(USER)).toMatchObject({ eventCount: 3 });
      expect(await store.feedback.findPending()).toEqual([]);
      await survivor.stop();
    },
  );
});

describe('a thumb taken elsewhere', () => {
  it('moves who is in memory to what the record gives, without a word with the database', async () => {
    const { store, container, items, like, taken, other, truth } = await twoInstances();
    await like(items[0]);
    await other.get(USER);
    await like(items[1]);
    await like(items[0], 0);
    const reads = [vi.spyOn(store.profiles, 'findMany'), vi.spyOn(store.feedback, 'findPendingByUsers')];
    expect(taken.slice(1).map((thumb) => other.sync.follow(thumb))).toEqual([true, true]);
    const followed = (await other.get(USER)).profile;
    for (const read of reads) expect(read).not.toHaveBeenCalled();
    expect(followed).toEqual(await truth());
    await container.stop();
  });

  it('is left to the database where other events are known here, and where nothing is', async () => {
    const { container, items, like, taken, other } = await twoInstances();
    await like(items[0]);
    expect(other.sync.follow(taken[0])).toBe(false);
    await other.get(USER);
    await like(items[1]);
    await like(items[1], -1);
    // One is missing in between.
    expect(other.sync.follow(taken[2])).toBe(false);
    await container.stop();
  });

  it('changes nothing where it was read with the user', async () => {
    const { container, items, like, taken, other } = await twoInstances();
    await like(items[0]);
    await like(items[1]);
    const read = (await other.get(USER)).profile;
    expect(taken.map((thumb) => other.sync.follow(thumb))).toEqual([true, true]);
    expect((await other.get(USER)).profile).toBe(read);
    await container.stop();
  });

  it('is read in one query with the thumbs of other users, and an open list is pushed once', async () => {
    const { store, container, another, items } = await twoInstances();
    const there = another();
    await there.start();
    const userIds = Array.from({ length: 20 }, (_, n) => n.toString(16).padStart(64, 'c'));
    const pushes: string[] = [];
    const windows = userIds.map((userId) => {
      const events = new ListEvents(
        there.bus.subscribe(['recommendations.updated'], {
          filter: ({ payload }) => payload.userId === userId,
        }),
        {
          catalogue: there.services.catalogue,
          list: () => there.services.recommendations.recommend({ userId, first: 5 }),
          isFickle: false,
        },
      );
      void (async () => {
        for await (const _ of events) pushes.push(userId);
      })();
      return events;
    });
    const likeAll = (itemId: string) =>
      Promise.all(
        userIds.map((userId) =>
          container.services.feedback.submit({ userId, itemId, value: 1, listId: null }),
        ),
      );
    // This instance misses a thumb of each, so that none of the next can be followed in memory.
    for (const userId of userIds) await there.services.users.find(userId);
    await likeAll(items[0]);
    await container.services.userData.export(USER);
    there.follow();
    const findMany = store.profiles.findMany.bind(store.profiles);
    const read = vi.spyOn(store.profiles, 'findMany').mockImplementation(async (ids) => {
      await pause(50);
      return findMany(ids);
    });
    await likeAll(items[1]);
    await waitFor(() => Promise.resolve(pushes.length >= userIds.length), 'every open list is pushed');
    await there.services.userData.export(USER);
    expect([...pushes].sort()).toEqual([...userIds].sort());
    expect(read.mock.calls.length).toBeLessThan(userIds.length / 2);
    for (const events of windows) await events.return();
    await there.stop();
    await container.stop();
  });

  it('is there, once, in what this instance writes of the user later', async () => {
    const { store, container, items, like, taken, other, truth } = await twoInstances();
    await like(items[0]);
    await other.get(USER);
    await like(items[1]);
    other.sync.follow(taken[1]);
    const view = { userId: USER, type: 'view', itemId: items[0], at: Date.now() + 1_000, value: 3 } as const;
    const event = { ...view, id: 'view', sessionId: null, position: null, listId: null };
    await store.activity.append([{ ...event, device: null, locale: null }]);
    await other.change([USER], (apply) => apply(USER, [{ ...event, device: null, locale: null }]));
    await other.drain();
    expect(await truth()).toMatchObject({ eventCount: 3, interactions: [{ opinion: 1 }, { opinion: 1 }] });
    await container.stop();
  });

  it('moves nobody where it takes back what was never said', async () => {
    const { store, container, another, items, like, taken, truth } = await twoInstances();
    const there = another();
    await there.start();
    there.follow();
    await there.services.recommendations.recommend({ userId: USER, first: 1 });
    const published = there.bus.subscribe(['recommendations.updated']);
    await like(items[0], 0);
    await like(items[1]);
    expect((await published.next()).value).toMatchObject({ payload: { receivedAt: taken[1].at } });
    expect(await truth()).toMatchObject({ eventCount: 1 });
    expect(await store.activity.findByUser(USER)).toHaveLength(1);
    await there.stop();
    await container.stop();
  });
});
