/** What an instance does with a thumb that another one took. */

import { describe, expect, it, vi } from 'vitest';

import type { Feedback, Opinion } from '../../../server/domain/index.js';
import { ProfileService } from '../../../server/services/users/profile.service.js';
import { SILENT, smallWorld } from '../../support/small-world.js';

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
  const other = new ProfileService({
    ...{ store, catalogue: container.services.catalogue, clock: Date.now, log: SILENT },
    announce: () => Promise.resolve(),
    onReplaced: () => Promise.resolve(),
  });
  /** The profile as it follows from the record, once everything is written. */
  const truth = async () => {
    await container.services.userData.export(USER);
    return store.profiles.find(USER);
  };
  return { store, container, another, items: [first, second], like, taken, other, truth };
}

describe('a thumb taken elsewhere', () => {
  it('moves who is in memory to what the record gives, without a word with the database', async () => {
    const { store, container, items, like, taken, other, truth } = await twoInstances();
    await like(items[0]);
    await other.get(USER);
    await like(items[1]);
    await like(items[0], 0);
    const reads = [vi.spyOn(store.profiles, 'findMany'), vi.spyOn(store.feedback, 'findPendingByUsers')];
    expect(taken.slice(1).map((thumb) => other.follow(thumb))).toEqual([true, true]);
    const followed = other.peek(USER);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
    expect(followed).toEqual(await truth());
    await container.stop();
  });

  it('is left to the database where other events are known here, and where nothing is', async () => {
    const { container, items, like, taken, other } = await twoInstances();
    await like(items[0]);
    expect(other.follow(taken[0])).toBe(false);
    await other.get(USER);
    // In the profile already.
    expect(other.follow(taken[0])).toBe(false);
    await like(items[1]);
    await like(items[1], -1);
    // One is missing in between.
    expect(other.follow(taken[2])).toBe(false);
    await container.stop();
  });

  it('is there, once, in what this instance writes of the user later', async () => {
    const { store, container, items, like, taken, other, truth } = await twoInstances();
    await like(items[0]);
    await other.get(USER);
    await like(items[1]);
    other.follow(taken[1]);
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
