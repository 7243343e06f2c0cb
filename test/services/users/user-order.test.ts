/** One order for everything that moves a user: thumbs, events, late events, rebuilds and other instances' writes. */

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent, Feedback, Opinion, Profile } from '../../../server/domain/index.js';
import { DatabaseUnavailableError } from '../../../server/domain/index.js';
import { rebuildProfile } from '../../../server/features/index.js';
import { createRandom } from '../../../server/learning/index.js';
import type { LiveUser } from '../../../server/services/users/live-user.js';
import { LiveUsers } from '../../../server/services/users/live-users.js';
import { holdsThumb } from '../../../server/services/users/rebuilt-profile.js';
import { thumbEvent } from '../../../server/services/users/thumb-event.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { NOON, event, thumb, userIdOf } from '../../contracts/samples.js';
import { SILENT } from '../../support/small-world.js';

const USER = userIdOf(1);
const catalogue = { categoryOf: (itemId: string) => `category-${itemId.length}` };

/** A profile service, and what it published. */
function instanceOn(store: Store) {
  const announced: string[] = [];
  const replaced: Profile[] = [];
  const profiles: LiveUsers = new LiveUsers({
    ...{ store, catalogue, clock: () => NOON, log: SILENT },
    announce: async (_kind, userIds = []) => void announced.push(...userIds),
    registry: { find: () => null },
    bus: {
      publish: (_name, payload) =>
        void replaced.push((profiles.get((payload as { userId: string }).userId) as LiveUser).profile),
    },
  });
  const record = (events: readonly BehaviourEvent[]) =>
    profiles.change([events[0].userId], async (apply) => {
      const added = await store.activity.append(events);
      await apply(events[0].userId, added, { isRepeat: added.length < events.length });
    });
  const submit = (row: Omit<Feedback, 'seq'>, beforeApply: () => Promise<void> = async () => {}) =>
    profiles.change([row.userId], async (apply) => {
      const { stored, previous } = await store.feedback.submit(row);
      await beforeApply();
      if (stored !== previous) await apply(row.userId, [thumbEvent(stored)], { thumbs: [stored] });
      else if (!holdsThumb((await profiles.get(row.userId)).profile, stored))
        await apply(row.userId, [], { isRepeat: true });
    });
  return { profiles, record, submit, announced, replaced };
}

/** What the record gives. */
async function truthOf(store: Store, userId: string): Promise<Profile> {
  return rebuildProfile(userId, await store.activity.findByUser(userId), catalogue);
}

/** That memory, the stored document and the record agree, and that nothing is left to catch up. */
async function expectSettled(store: Store, profiles: LiveUsers, userId = USER): Promise<void> {
  await profiles.drain();
  const { revision: _, ...truth } = await truthOf(store, userId);
  expect((await profiles.get(userId)).profile).toMatchObject(truth);
  expect(await store.profiles.find(userId)).toEqual((await profiles.get(userId)).profile);
  expect(await store.feedback.findPending()).toEqual([]);
  expect(await store.activity.findPendingUsers()).toEqual([]);
}

describe('the profile of a user', () => {
  it('holds a late event when its recording has ended, while a write of the user is on its way', async () => {
    const store = createMemoryStore();
    const { profiles, record, announced } = instanceOn(store);
    await record([event('a', { itemId: 'a' })]);
    const writing = [profiles.drain(), profiles.drain()];
    await record([event('b', { itemId: 'b', at: NOON - 1 })]);
    expect((await profiles.get(USER)).profile.interactions.map(({ itemId }) => itemId)).toEqual(['b', 'a']);
    await Promise.all(writing);
    await expectSettled(store, profiles);
    expect(announced).toEqual([USER, USER]);
  });

  it('keeps a thumb that meets a newer event while it is written, in memory and in the record', async () => {
    const store = createMemoryStore();
    const { profiles, record, submit } = instanceOn(store);
    await submit(thumb({ at: NOON }), () => record([event('later', { itemId: 'other', at: NOON + 50 })]));
    expect((await profiles.get(USER)).profile.interactions).toMatchObject([
      { itemId: 'i1', opinion: 1 },
      { itemId: 'other' },
    ]);
    await expectSettled(store, profiles);
    expect(await store.activity.findByUser(USER)).toHaveLength(2);
  });

  it('is rebuilt, published and announced when another instance has written first', async () => {
    const store = createMemoryStore();
    const [one, two] = [instanceOn(store), instanceOn(store)];
    for (const { profiles } of [one, two]) await profiles.get(USER);
    await one.record([event('a', { itemId: 'a' })]);
    await two.record([event('b', { itemId: 'b', at: NOON + 1 })]);
    await one.profiles.drain();
    expect(two.replaced).toEqual([]);
    await expectSettled(store, two.profiles);
    expect(two.replaced).toEqual([(await two.profiles.get(USER)).profile]);
    expect(two.announced).toEqual([USER]);
    await one.profiles.sync.refresh([USER]);
    await expectSettled(store, one.profiles);
  });

  it('is not published again when the other instance wrote what this one knows', async () => {
    const store = createMemoryStore();
    const [one, two] = [instanceOn(store), instanceOn(store)];
    for (const { profiles } of [one, two]) await profiles.get(USER);
    await one.submit(thumb({ afterEvents: 0 }));
    const [followed] = await store.feedback.findByUser(USER);
    expect(two.profiles.sync.follow(followed)).toBe(true);
    await one.profiles.drain();
    await two.submit(thumb({ value: 0, at: NOON + 1, afterEvents: 1 }));
    const { revision } = (await two.profiles.get(USER)).profile;
    await expectSettled(store, two.profiles);
    expect([two.replaced, two.announced]).toEqual([[], []]);
    expect((await two.profiles.get(USER)).profile.revision).toBe(revision);
  });

  it('learns what a failed write stored, on the retry or by itself', async () => {
    const store = createMemoryStore();
    let isLost = true;
    const lossy: Store = {
      ...store,
      activity: {
        ...store.activity,
        append: async (events, options) => {
          const added = await store.activity.append(events, options);
          if (isLost && options?.derived !== true) throw new DatabaseUnavailableError();
          return added;
        },
      },
      feedback: {
        ...store.feedback,
        submit: async (row) => {
          const outcome = await store.feedback.submit(row);
          if (isLost) throw new DatabaseUnavailableError();
          return outcome;
        },
      },
    };
    const { profiles, record, submit, replaced } = instanceOn(lossy);
    const bought = event('bought', { type: 'purchase', itemId: 'bought' });
    await expect(record([bought])).rejects.toThrow(DatabaseUnavailableError);
    await expect(submit(thumb({ at: NOON + 1, value: -1 }))).rejects.toThrow(DatabaseUnavailableError);
    isLost = false;
    await record([bought]);
    await submit(thumb({ at: NOON + 2, value: -1 }));
    const rows = [
      { itemId: 'bought', isPurchased: true },
      { itemId: 'i1', opinion: -1 },
    ];
    expect((await profiles.get(USER)).profile.interactions).toMatchObject(rows);
    await expectSettled(store, profiles);

    isLost = true;
    await expect(record([event('more', { itemId: 'more', at: NOON + 9 })])).rejects.toThrow();
    isLost = false;
    await expectSettled(store, profiles);
    expect(replaced.at(-1)?.interactions).toHaveLength(3);
  });

  it('learns a repeat that another instance had recorded and did not live to apply', async () => {
    const store = createMemoryStore();
    const { profiles, record, submit } = instanceOn(store);
    await profiles.get(USER);
    await store.activity.append([event('a', { itemId: 'a' })]);
    const { stored } = await store.feedback.submit(thumb({ at: NOON + 1 }));
    await record([event('a', { itemId: 'a' })]);
    expect((await profiles.get(USER)).profile.interactions).toHaveLength(2);
    await submit({ ...stored, at: NOON + 2 });
    await expectSettled(store, profiles);
  });

  it('keeps its mark in the record while events are recorded that are not applied yet', async () => {
    const store = createMemoryStore();
    const { profiles, record } = instanceOn(store);
    await record([event('a')]);
    await profiles.change([USER], async (apply) => {
      const added = await store.activity.append([event('b', { at: NOON + 1 })]);
      await profiles.drain();
      expect(await store.activity.findPendingUsers()).toEqual([USER]);
      await apply(USER, added);
    });
    await expectSettled(store, profiles);
  });

  it('is not drained before a rebuild is stored that took the place of what waited', async () => {
    const memory = createMemoryStore();
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const profilesOf: Store['profiles'] = {
      ...memory.profiles,
      async replaceMany(rows) {
        begin();
        await opened;
        return memory.profiles.replaceMany(rows);
      },
    };
    const { profiles, record } = instanceOn({ ...memory, profiles: profilesOf });
    await record([event('a')]);
    const rebuilding = profiles.sync.rebuild([USER]);
    await begun;
    let isDrained = false;
    const drained = profiles.drain().then(() => (isDrained = true));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    open();
    await drained;
    expect((await memory.profiles.find(USER))?.eventCount).toBe(1);
    await rebuilding;
    await expectSettled(memory, profiles);
  });

  it('learns what another instance took while a rebuild was stored here', async () => {
    const memory = createMemoryStore();
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const here = instanceOn({
      ...memory,
      profiles: {
        ...memory.profiles,
        async replaceMany(rows) {
          begin();
          await opened;
          return memory.profiles.replaceMany(rows);
        },
      },
    });
    const there = instanceOn(memory);
    for (const { profiles } of [here, there]) await profiles.get(USER);
    await there.submit(thumb({ afterEvents: 0 }));
    const rebuilding = here.profiles.sync.rebuild([USER]);
    await begun;
    await there.submit(thumb({ itemId: 'other', at: NOON + 1, afterEvents: 1 }));
    await here.profiles.sync.refresh([USER]);
    open();
    await rebuilding;
    await there.profiles.drain();
    await expectSettled(memory, here.profiles);
    expect(here.replaced.at(-1)).toMatchObject({ eventCount: 2 });
  });

  it('has a revision that rises over rebuilds, other writers and a new start', async () => {
    const store = createMemoryStore();
    const [one, two] = [instanceOn(store), instanceOn(store)];
    const seen: number[] = [];
    const see = async ({ profiles }: ReturnType<typeof instanceOn>) =>
      seen.push((await profiles.get(USER)).profile.revision);
    for (const { profiles } of [one, two]) await profiles.get(USER);
    await one.record([event('a'), event('b', { at: NOON + 2 })]);
    await see(one);
    await one.record([event('late', { at: NOON + 1 })]);
    await see(one);
    await two.record([event('c', { at: NOON + 3 })]);
    await one.profiles.drain();
    await two.profiles.drain();
    await see(two);
    await one.profiles.sync.refresh([USER]);
    await one.record([event('d', { at: NOON + 4 })]);
    await see(one);
    // Killed before its write: a new start goes on from the record.
    const started = instanceOn(store);
    await started.profiles.sync.recover();
    await see(started);
    expect(started.announced).toEqual([USER]);
    await started.record([event('e', { at: NOON + 5 })]);
    await see(started);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length - 1);
    await started.profiles.sync.rebuild([USER]);
    await expectSettled(store, started.profiles);
    expect((await started.profiles.get(USER)).profile.revision).toBe(seen.at(-1));
  });

  it.each([1, 2, 3])('is what the record gives after any interleaving (seed %i)', async (seed) => {
    const random = createRandom(seed);
    const store = withDelays(createMemoryStore(), random);
    const { profiles, record, submit } = instanceOn(store);
    const users = Array.from({ length: 8 }, (_, n) => userIdOf(n));
    const served = new Map<string, number>();
    let now = NOON;
    let nItems = 0;
    const running: Promise<void>[] = [];
    const check = async (userId: string, itemId: string) => {
      const { interactions, revision } = (await profiles.get(userId)).profile;
      expect(interactions.map((row) => row.itemId)).toContain(itemId);
      expect(revision).toBeGreaterThanOrEqual(served.get(userId) ?? 0);
      served.set(userId, revision);
    };
    for (let step = 0; step < 400; step += 1) {
      const userId = users[Math.floor(random.next() * users.length)];
      now += Math.floor(random.next() * 4);
      // Clients' clocks are off by up to 5 ms.
      const at = now + Math.floor(random.next() * 11) - 5;
      const itemId = `item-${(nItems += 1)}`;
      const kind = random.next();
      const values: Opinion[] = [1, -1];
      if (kind < 0.45)
        running.push(
          submit(thumb({ userId, itemId, at: now, value: values[step % 2] })).then(() =>
            check(userId, itemId),
          ),
        );
      else if (kind < 0.9)
        running.push(record([event(itemId, { userId, itemId, at })]).then(() => check(userId, itemId)));
      else if (kind < 0.95) running.push(profiles.sync.refresh([userId]));
      else running.push(profiles.sync.rebuild([userId]));
      if (random.next() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(running);
    for (const userId of users) await expectSettled(store, profiles, userId);
    expect((await store.feedback.findByUsers(users)).length).toBeGreaterThan(100);
    for (const row of await store.feedback.findByUsers(users))
      expect(await store.activity.findByUser(row.userId)).toContainEqual(thumbEvent(row));
  });
});

/** The store, each call of the record's repositories taking a random number of turns before and after it acts. */
function withDelays(store: Store, random: { next(): number }): Store {
  const turns = async () => {
    for (let n = Math.floor(random.next() * 4); n > 0; n -= 1)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const slow = <T extends object>(repository: T): T =>
    new Proxy(repository, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          await turns();
          const result = await Reflect.apply(member, target, args);
          await turns();
          return result;
        };
      },
    });
  return {
    ...store,
    activity: slow(store.activity),
    feedback: slow(store.feedback),
    profiles: slow(store.profiles),
  };
}
