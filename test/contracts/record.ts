/** What every store of activity, profiles and feedback must do. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { Feedback, Opinion } from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';

import { PROTOTYPE_NAMES, recordOf } from '../support/prototype-names.js';

import { DAY, HOUR, NOON, collect, event, profile, thumb, userIdOf, type MakeStore } from './samples.js';

const [ann, bob] = [1, 2].map(userIdOf);

export function describeActivityRepository(name: string, makeStore: MakeStore): void {
  describe(`activity in ${name}`, () => {
    let activity: Store['activity'];
    beforeEach(async () => {
      ({ activity } = await makeStore());
    });
    const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);

    it('gives back exactly what was appended, every field of it', async () => {
      const full = event('e1', {
        type: 'purchase',
        value: 12.5,
        sessionId: 's',
        position: 0,
        listId: 'l',
        device: 'phone',
        locale: 'tr',
      });
      const bare = event('e2', { type: 'search', itemId: null, at: NOON + 1 });
      await activity.append([full, bare]);
      expect(await activity.findByUser(ann)).toEqual([full, bare]);
      expect(await activity.findByUser(bob)).toEqual([]);
    });

    it('stores an event id once and returns only what was new, in the order given', async () => {
      expect(idsOf(await activity.append([event('b'), event('a'), event('b')]))).toEqual(['b', 'a']);
      expect(idsOf(await activity.append([event('c'), event('a'), event('d')]))).toEqual(['c', 'd']);
      expect(await activity.append([event('a')])).toEqual([]);
      expect(await activity.append([])).toEqual([]);
      expect(await activity.countEvents()).toBe(4);
    });

    it('keeps the same id of two users apart', async () => {
      const both = [event('e'), event('e', { userId: bob })];
      expect(await activity.append(both)).toEqual(both);
      expect(await activity.findByUser(bob)).toEqual([both[1]]);
    });

    it('orders by time, ties by id, across weeks and years', async () => {
      const times = {
        late: NOON + 400 * DAY,
        early: NOON - 400 * DAY,
        b: NOON,
        a: NOON,
        weekAfter: NOON + 7 * DAY,
      };
      await activity.append(Object.entries(times).map(([id, at]) => event(id, { at })));
      expect(idsOf(await activity.findByUser(ann))).toEqual(['early', 'a', 'b', 'weekAfter', 'late']);
    });

    it('finds the events of some users before an instant', async () => {
      const rows = [
        event('b', { at: 2 }),
        event('a', { at: 1 }),
        event('later', { at: NOON }),
        event('other', { userId: bob, at: 3 }),
      ];
      await activity.append(rows, { fresh: true });
      expect(idsOf(await activity.findBefore([ann], DAY))).toEqual(['a', 'b']);
      expect(idsOf(await activity.findBefore([ann, bob], 3)).sort()).toEqual(['a', 'b']);
      expect(await activity.findBefore([], DAY)).toEqual([]);
    });

    it('holds more events of one user and week than fit a bucket, however they arrive', async () => {
      const many = Array.from({ length: 1_234 }, (_, index) =>
        event(`e${String(index).padStart(5, '0')}`, { at: NOON + index }),
      );
      await activity.append(many.slice(0, 3));
      await activity.append(many.slice(0, 700));
      expect(await activity.append(many)).toHaveLength(534);
      expect(await activity.append(many)).toEqual([]);
      expect(idsOf(await activity.findByUser(ann))).toEqual(idsOf(many));
      expect(await activity.countEvents()).toBe(1_234);
    });

    it('takes whole histories at once, and still recognises their events later', async () => {
      const history = Array.from({ length: 1_100 }, (_, index) =>
        event(`e${String(index).padStart(5, '0')}`, { at: NOON + index * HOUR }),
      );
      expect(await activity.append([...history].reverse(), { fresh: true })).toHaveLength(1_100);
      expect(idsOf(await activity.findByUser(ann))).toEqual(idsOf(history));
      const added = event('new', { at: NOON + 30 * HOUR + 1 });
      expect(idsOf(await activity.append([history[40], added, history[1_099]]))).toEqual(['new']);
      expect(await activity.countEvents()).toBe(1_101);
    });

    it('does not store an event twice when a history was promised to be fresh and was not', async () => {
      const history = [event('a'), event('b', { at: NOON + HOUR }), event('c', { userId: bob })];
      await activity.append([history[0]]);
      const added = await activity.append(history, { fresh: true });
      expect(idsOf(added).sort()).toEqual(['b', 'c']);
      expect(await activity.countEvents()).toBe(3);
    });

    it('loses nothing when many writers append to the same bucket at once', async () => {
      const writers = Array.from({ length: 8 }, (_, writer) =>
        activity.append(Array.from({ length: 5 }, (_, index) => event(`w${writer}-${index}`))),
      );
      const added = (await Promise.all(writers)).flat();
      expect(added).toHaveLength(40);
      expect(await activity.findByUser(ann)).toHaveLength(40);
    });

    it('streams every user once with all events in order, users in ascending id', async () => {
      const rows = [3, 1, 2].flatMap((number) =>
        [9, 0, 1].map((week) =>
          event(`u${number}w${week}`, { userId: userIdOf(number), at: NOON + week * 7 * DAY }),
        ),
      );
      await activity.append(rows);
      const streamed = await collect(activity.streamByUser());
      expect(streamed.map(({ userId }) => userId)).toEqual([1, 2, 3].map(userIdOf));
      expect(idsOf(streamed[1].events)).toEqual(['u2w0', 'u2w1', 'u2w9']);
    });

    it('marks users with new events as pending until they are applied', async () => {
      await activity.append([event('a'), event('b', { userId: bob })]);
      expect(await activity.findPendingUsers()).toEqual([ann, bob]);
      await activity.markApplied([ann]);
      await activity.append([event('a')]);
      expect(await activity.findPendingUsers()).toEqual([bob]);
      await activity.append([event('c')], { fresh: true });
      expect(await activity.findPendingUsers()).toEqual([ann, bob]);
      await activity.markApplied([ann, bob]);
      expect(await activity.findPendingUsers()).toEqual([]);
      expect(await activity.append([event('d')], { derived: true })).toHaveLength(1);
      expect(await activity.findPendingUsers()).toEqual([]);
    });

    it('deletes everything of one user and nothing of another', async () => {
      await activity.append([event('a'), event('b', { at: NOON + 30 * DAY }), event('c', { userId: bob })]);
      expect(await activity.deleteByUser(ann)).toBe(2);
      expect(await activity.findByUser(ann)).toEqual([]);
      expect(await activity.findPendingUsers()).toEqual([bob]);
      expect(await activity.countEvents()).toBe(1);
    });
  });
}

export function describeProfileRepository(name: string, makeStore: MakeStore): void {
  describe(`profiles in ${name}`, () => {
    let profiles: Store['profiles'];
    beforeEach(async () => {
      ({ profiles } = await makeStore());
    });

    it('keeps counts of the names that every object inherits, of dots and of dollars', async () => {
      const counts = recordOf([...PROTOTYPE_NAMES, 'a.b', '$c', ''].map((name, n) => [name, n + 1]));
      const sums = { categories: counts, devices: counts, locales: counts } as never;
      const row = profile(ann, 1, { behaviour: sums });
      await profiles.replaceMany([{ profile: row, expectedRevision: 0 }]);
      const { behaviour } = (await profiles.find(ann))!;
      for (const kept of [behaviour.categories, behaviour.devices, behaviour.locales])
        expect(Object.entries(kept).sort()).toEqual(Object.entries(counts).sort());
    });

    it('gives back exactly what was stored', async () => {
      const rows = [profile(ann, 1), profile(bob, 4, { interactions: [] })];
      expect(await profiles.replaceMany(rows.map((row) => ({ profile: row, expectedRevision: 0 })))).toEqual(
        [],
      );
      expect(await profiles.find(ann)).toEqual(rows[0]);
      expect(await profiles.findMany([bob, userIdOf(3)])).toEqual([rows[1]]);
      expect(await profiles.find(userIdOf(3))).toBeNull();
      expect(await profiles.count()).toBe(2);
    });

    it('refuses exactly those that somebody else wrote first', async () => {
      await profiles.replaceMany([ann, bob].map((id) => ({ profile: profile(id, 1), expectedRevision: 0 })));
      const refused = await profiles.replaceMany([
        { profile: profile(ann, 2), expectedRevision: 1 },
        { profile: profile(bob, 6), expectedRevision: 5 },
        { profile: profile(userIdOf(3), 1), expectedRevision: 0 },
      ]);
      expect(refused).toEqual([bob]);
      expect((await profiles.find(ann))?.revision).toBe(2);
      expect((await profiles.find(bob))?.revision).toBe(1);
      expect((await profiles.find(userIdOf(3)))?.revision).toBe(1);
      const twice = await profiles.replaceMany([{ profile: profile(ann, 1), expectedRevision: 0 }]);
      expect(twice).toEqual([ann]);
    });

    it('does not bring back a profile that was deleted meanwhile', async () => {
      await profiles.replaceMany([{ profile: profile(ann, 1), expectedRevision: 0 }]);
      expect(await profiles.delete(ann)).toBe(1);
      expect(await profiles.replaceMany([{ profile: profile(ann, 2), expectedRevision: 1 }])).toEqual([ann]);
      expect(await profiles.find(ann)).toBeNull();
      expect(await profiles.delete(ann)).toBe(0);
    });

    it('lets one of several writers of the same revision win', async () => {
      await profiles.replaceMany([{ profile: profile(ann, 1), expectedRevision: 0 }]);
      const outcomes = await Promise.all(
        [2, 3, 4, 5].map((revision) =>
          profiles.replaceMany([{ profile: profile(ann, revision), expectedRevision: 1 }]),
        ),
      );
      expect(outcomes.filter((refused) => refused.length === 0)).toHaveLength(1);
    });

    it('streams all', async () => {
      const ids = Array.from({ length: 1_050 }, (_, index) => userIdOf(index));
      const rows = [...ids].reverse().map((id) => ({ profile: profile(id, 1), expectedRevision: 0 }));
      await profiles.replaceMany(rows);
      const streamed = (await collect(profiles.streamAll())).flat();
      expect(streamed.map(({ userId }) => userId).sort()).toEqual(ids);
    });
  });
}

export function describeFeedbackRepository(name: string, makeStore: MakeStore): void {
  describe(`feedback in ${name}`, () => {
    let feedback: Store['feedback'];
    beforeEach(async () => {
      ({ feedback } = await makeStore());
    });

    it('keeps the latest opinion, raises seq and tells the one before', async () => {
      const first = await feedback.submit(thumb());
      expect(first).toEqual({ stored: { ...thumb(), seq: 1 }, previous: null, unapplied: [] });
      const second = await feedback.submit(thumb({ value: 0, listId: null, at: NOON + 1 }));
      expect(second).toEqual({
        stored: { ...thumb({ value: 0, listId: null, at: NOON + 1 }), seq: 2 },
        previous: first.stored,
        unapplied: [first.stored],
      });
      expect(await feedback.findByUser(ann)).toEqual([second.stored]);
      expect(await feedback.count()).toBe(1);
    });

    it('keeps users and items apart, whatever an item is called', async () => {
      await feedback.submit(thumb({ itemId: 'a:b/c.d$e' }));
      await feedback.submit(thumb({ itemId: 'a' }));
      await feedback.submit(thumb({ userId: bob, itemId: 'a', value: -1 }));
      expect((await feedback.findByUser(ann)).map((row) => row.itemId).sort()).toEqual(['a', 'a:b/c.d$e']);
      expect(await feedback.count()).toBe(3);
    });

    it('gives every one of many different thumbs at the same instant its own seq', async () => {
      const values = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? 1 : -1) as Opinion);
      const outcomes = await Promise.all(values.map((value) => feedback.submit(thumb({ value }))));
      const numbers = outcomes.map(({ stored }) => stored.seq).sort((left, right) => left - right);
      expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('keeps an opinion that comes again as it was first given', async () => {
      const [{ stored }, ...again] = await Promise.all(
        [NOON, NOON + 1, NOON + 2].map((at) => feedback.submit(thumb({ at, listId: `list-${at}` }))),
      );
      await feedback.markApplied([stored]);
      again.push(await feedback.submit(thumb({ at: NOON + 3 })));
      for (const outcome of again) {
        expect(outcome.stored).toEqual(stored);
        expect(outcome.previous).toBe(outcome.stored);
      }
      expect(await feedback.findByUser(ann)).toEqual([stored]);
      expect(await feedback.findPending()).toEqual([]);
    });

    it('takes many thumbs of many users at once', async () => {
      const thumbs = Array.from({ length: 100 }, (_, n) =>
        thumb({ userId: userIdOf(n % 7), itemId: `item-${n}` }),
      );
      const outcomes = await Promise.all(thumbs.map((row) => feedback.submit(row)));
      expect(outcomes).toEqual(
        thumbs.map((row) => ({ stored: { ...row, seq: 1 }, previous: null, unapplied: [] })),
      );
      expect(await feedback.count()).toBe(100);
    });

    it('marks a thumb as pending until that very thumb is applied', async () => {
      const { stored: old } = await feedback.submit(thumb());
      const { stored: latest } = await feedback.submit(thumb({ value: -1 }));
      const { stored: other } = await feedback.submit(thumb({ userId: bob }));
      await feedback.markApplied([old, other]);
      expect(await feedback.findPending()).toEqual([latest]);
      expect(await feedback.findPendingByUsers([bob])).toEqual([]);
      expect(await feedback.findPendingByUsers([ann])).toEqual([latest]);
      await feedback.markApplied([latest]);
      expect(await feedback.findPending()).toEqual([]);
      await feedback.submit(thumb({ value: 0 }));
      expect(await feedback.findPendingByUsers([ann])).toHaveLength(1);
      expect(await feedback.findPendingByUsers([bob, ann])).toHaveLength(1);
      expect(await feedback.findPendingByUsers([bob])).toEqual([]);
    });

    it('has nothing wait for a thumb that takes back what was never said', async () => {
      const { stored } = await feedback.submit(thumb({ value: 0 }));
      expect(await feedback.findPending()).toEqual([]);
      expect(await feedback.findPendingByUsers([ann])).toEqual([]);
      expect(await feedback.findByUser(ann)).toEqual([stored]);
      const { stored: next, previous } = await feedback.submit(thumb({ at: NOON + 1 }));
      expect(previous).toEqual(stored);
      expect(await feedback.findPending()).toEqual([next]);
      const { stored: last } = await feedback.submit(thumb({ value: 0, at: NOON + 2 }));
      expect(await feedback.findPending()).toEqual([next, last]);
    });

    it('keeps opinions that were replaced before they were applied', async () => {
      const { stored: first, unapplied: none } = await feedback.submit(thumb());
      const { stored: second } = await feedback.submit(thumb({ value: -1, at: NOON + 1 }));
      const { stored: third, unapplied } = await feedback.submit(thumb({ value: 0, at: NOON + 2 }));
      expect([none, unapplied]).toEqual([[], [first, second]]);
      expect(await feedback.findPending()).toEqual([first, second, third]);
      expect(await feedback.findPendingByUsers([ann])).toEqual([first, second, third]);
      expect(await feedback.findByUser(ann)).toEqual([third]);
      await feedback.markApplied([second]);
      expect(await feedback.findPending()).toEqual([third]);
      const { stored: fourth, unapplied: left } = await feedback.submit(thumb({ at: NOON + 3 }));
      expect(left).toEqual([third]);
      expect(await feedback.findPending()).toEqual([third, fourth]);
      await feedback.markApplied([fourth]);
      expect(await feedback.findPending()).toEqual([]);
      const { stored: fifth } = await feedback.submit(thumb({ value: -1, at: NOON + 4 }));
      expect(await feedback.findPending()).toEqual([fifth]);
      await feedback.deleteByUser(ann);
      expect(await feedback.findPending()).toEqual([]);
    });

    it('deletes everything of one user', async () => {
      await feedback.submit(thumb());
      await feedback.submit(thumb({ userId: bob }));
      expect(await feedback.deleteByUser(ann)).toBe(1);
      expect(await feedback.count()).toBe(1);
    });

    it('tells watchers of every thumb from anybody, and of nothing else, until they stop', async () => {
      const stop = new AbortController();
      const seen: Feedback[] = [];
      let isReady = false;
      const ready = () => (isReady = true);
      const watching = (async () => {
        for await (const { feedback: row } of feedback.watch({ signal: stop.signal })!) {
          // The first ones only show that the watcher is listening.
          if (row.itemId === 'warm-up') ready();
          else seen.push(row);
          if (seen.length === 2) stop.abort();
        }
      })();
      for (let n = 0; !isReady; n += 1) {
        await feedback.submit(thumb({ itemId: 'warm-up', value: n % 2 === 0 ? 1 : -1 }));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { stored } = await feedback.submit(thumb());
      await feedback.markApplied([stored]);
      const { stored: other } = await feedback.submit(thumb({ userId: bob, value: -1 }));
      await watching;
      expect(seen).toEqual([stored, other]);
    });
  });
}
