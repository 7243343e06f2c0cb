/** What every store of persona timelines, counters, runs and data set facts must do. */

import { beforeEach, describe, expect, it } from 'vitest';

import {
  listIdPrefix,
  type ImportRecord,
  type Webhook,
  type WebhookDelivery,
} from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';

import { PROTOTYPE_NAMES, recordOf } from '../support/prototype-names.js';

import { DAY, HOUR, NOON, run, userIdOf, type MakeStore } from './samples.js';

const [ann, bob, cem] = [1, 2, 3].map(userIdOf);

/** Later than any database takes for the present. */
const FAR_AHEAD = Date.UTC(2100, 0, 1);

export function describePersonaHistoryRepository(name: string, makeStore: MakeStore): void {
  describe(`persona history in ${name}`, () => {
    let history: Store['personaHistory'];
    const row = (userId: string, version: number, personaId: string, at = NOON) => ({
      userId,
      version,
      personaId,
      confidence: 0.5,
      at,
      cause: 'live' as const,
    });
    const move = (...args: Parameters<typeof row>) => {
      const record = row(...args);
      return { ...record, replacedSince: record.at - record.version };
    };
    beforeEach(async () => {
      ({ personaHistory: history } = await makeStore());
    });

    it('gives the newest steps of one user first, each once', async () => {
      const at = (days: number) => [ann, 1, `p${days}`, NOON + days * DAY] as const;
      const moves = [0, 1, 2].map((days) => move(...at(days)));
      await history.appendMany([...moves, move(bob, 1, 'other')]);
      // The same moves, made again later.
      await history.appendMany(moves.map((one) => ({ ...one, at: one.at + HOUR })));
      expect(await history.findByUser(ann, 2)).toEqual([row(...at(2)), row(...at(1))]);
      expect(await history.findByUser(ann, 10)).toHaveLength(3);
    });

    it('leaves out a step to the persona that the version before it gave already', async () => {
      await history.replaceVersion({ version: 1, at: NOON }, [
        { userId: ann, personaId: 'p', confidence: 1 },
      ]);
      await history.appendMany([move(ann, 1, 'p', NOON + HOUR), move(ann, 1, 'q', NOON + DAY)]);
      await history.replaceVersion({ version: 2, at: NOON + 2 * DAY }, [
        { userId: ann, personaId: 'q', confidence: 1 },
      ]);
      const told = await history.findByUser(ann, 9);
      expect(told.map(({ personaId, cause }) => [personaId, cause])).toEqual([
        ['q', 'model'],
        ['q', 'live'],
        ['p', 'model'],
      ]);
      expect(await history.findByUser(ann, 2)).toEqual(told.slice(0, 2));
    });

    it('counts moves between versions from the last persona before to the first one after', async () => {
      await history.appendMany([
        ...[
          move(ann, 1, 'seeker'),
          move(ann, 1, 'buyer', NOON + DAY),
          move(bob, 1, 'buyer'),
          move(cem, 1, 'buyer'),
        ],
        ...[move(ann, 2, 'explorer', NOON + 2 * DAY), move(ann, 2, 'seeker', NOON + 3 * DAY)],
        move(bob, 2, 'explorer', NOON + 2 * DAY),
      ]);
      expect(await history.transitions(1, 2)).toEqual([{ from: 'buyer', to: 'explorer', count: 2 }]);
      expect(await history.transitions(1, 9)).toEqual([]);
    });

    it("keeps everybody's step of a version, beside the single steps in between", async () => {
      const users = Array.from({ length: 2_300 }, (_, n) => userIdOf(n));
      const step = { version: 1, at: NOON };
      const rows = users.map((userId, n) => ({ userId, personaId: `p${n % 3}`, confidence: n / 4_600 }));
      await history.replaceVersion(step, rows.slice(0, 5));
      await history.replaceVersion(step, rows);
      await history.replaceVersion({ version: 2, at: NOON + DAY }, rows.slice(0, 4));
      await history.appendMany([move(users[1], 1, 'p2', NOON + HOUR)]);
      expect(await history.findByUser(users[1], 9)).toEqual([
        { ...rows[1], version: 2, at: NOON + DAY, cause: 'model' },
        row(users[1], 1, 'p2', NOON + HOUR),
        { ...rows[1], ...step, cause: 'model' },
      ]);
      expect(await history.findByUser(users[1], 2)).toHaveLength(2);
      const several = await history.findByUsers([users[2_200], users[1]], 1);
      expect(several.map(({ userId, version }) => [userId, version])).toEqual([
        [users[2_200], 1],
        [users[1], 2],
      ]);
      expect(await history.findByUser(users[2_200], 9)).toEqual([
        { ...rows[2_200], ...step, cause: 'model' },
      ]);
      const moves = await history.transitions(1, 2);
      expect(moves).toHaveLength(3);
      expect(moves).toContainEqual({ from: 'p0', to: 'p0', count: 2 });
      expect(moves).toContainEqual({ from: 'p2', to: 'p1', count: 1 });
    });

    it('forgets users out of the steps of a version, also several at once', async () => {
      const users = Array.from({ length: 50 }, (_, n) => userIdOf(n));
      const rows = users.map((userId) => ({ userId, personaId: 'p', confidence: 0.5 }));
      await history.replaceVersion({ version: 1, at: NOON }, rows);
      await history.replaceVersion({ version: 2, at: NOON + 1 }, rows);
      const gone = users.filter((_, n) => n !== 25);
      const counts = await Promise.all(gone.slice(0, 9).map((userId) => history.deleteByUser(userId)));
      expect(counts).toEqual(gone.slice(0, 9).map(() => 2));
      for (const userId of gone.slice(9)) expect(await history.deleteByUser(userId)).toBe(2);
      expect(await history.deleteByUser(gone[0])).toBe(0);
      expect(await history.findByUser(gone[0], 9)).toEqual([]);
      expect(await history.findByUser(users[25], 9)).toHaveLength(2);
      await history.deleteByVersions([1, 2]);
      expect(await history.findByUser(users[25], 9)).toEqual([]);
    });

    it('deletes by user and by version', async () => {
      await history.appendMany([move(ann, 1, 'a'), move(ann, 2, 'a'), move(bob, 1, 'a'), move(bob, 2, 'a')]);
      expect(await history.deleteByUser(ann)).toBe(2);
      await history.deleteByVersions([2, 7]);
      expect(await history.findByUser(bob, 10)).toEqual([row(bob, 1, 'a')]);
    });
  });
}

export function describeMetricRepository(name: string, makeStore: MakeStore): void {
  describe(`metrics in ${name}`, () => {
    let metrics: Store['metrics'];
    beforeEach(async () => {
      ({ metrics } = await makeStore());
    });

    it('counts categories with the names that every object inherits, and with dots and dollars', async () => {
      const bucket = { grain: 'hour', at: NOON, persona: 'none' } as const;
      const names = [...PROTOTYPE_NAMES, 'a.b', '$c', '%2E'];
      const counters = recordOf(names.map((name, n) => [`category@${name}`, n + 1]));
      await metrics.increment([{ ...bucket, counters }]);
      await metrics.increment([{ ...bucket, counters }]);
      const [found] = await metrics.find({ grain: 'hour', from: NOON, to: NOON + HOUR });
      const doubled = Object.entries(counters).map(([name, count]) => [name, 2 * count]);
      expect(Object.entries(found.counters).sort()).toEqual(doubled.sort());
    });

    it('adds counters up, within a call and between calls', async () => {
      const bucket = { grain: 'hour', at: NOON, persona: 'seeker' } as const;
      await metrics.increment([
        { ...bucket, counters: { clicks: 1, dwellSeconds: 1.5 } },
        { ...bucket, counters: { clicks: 2 } },
        { ...bucket, persona: 'none', counters: { likes: 1 } },
        { ...bucket, persona: 'nothing', counters: { likes: 0 } },
      ]);
      await Promise.all(
        [1, 2, 3].map(() => metrics.increment([{ ...bucket, counters: { clicks: 1, likes: 1 } }])),
      );
      expect(await metrics.find({ grain: 'hour', from: NOON, to: NOON + HOUR })).toEqual([
        { ...bucket, persona: 'none', counters: { likes: 1 } },
        { ...bucket, counters: { clicks: 6, dwellSeconds: 1.5, likes: 3 } },
      ]);
    });

    it('finds by grain from an instant up to, not including, another, in order of time', async () => {
      const at = (hours: number, grain: 'hour' | 'day' = 'hour') =>
        ({ grain, at: NOON + hours * HOUR, persona: 'none', counters: { views: 1 } }) as const;
      await metrics.increment([at(2), at(0), at(1), at(1, 'day')]);
      const found = await metrics.find({ grain: 'hour', from: NOON, to: NOON + 2 * HOUR });
      expect(found).toEqual([at(0), at(1)]);
    });

    it('forgets what the record can tell again and keeps what was served', async () => {
      const bucket = { grain: 'hour', at: NOON, persona: 'none' } as const;
      expect(await metrics.isEmpty()).toBe(true);
      await metrics.increment([
        { ...bucket, counters: { clicks: 2 }, served: { impressions: 10, 'impressions@0': 1 } },
        { ...bucket, persona: 'buyer', counters: { clicks: 1 } },
        { ...bucket, persona: 'seeker', counters: {}, served: { impressions: 5 } },
      ]);
      await metrics.increment([{ ...bucket, counters: {}, served: { impressions: 1 } }]);
      await metrics.clearRecorded();
      expect(await metrics.find({ grain: 'hour', from: NOON, to: NOON + 1 })).toEqual([
        { ...bucket, counters: {}, served: { impressions: 11, 'impressions@0': 1 } },
        { ...bucket, persona: 'seeker', counters: {}, served: { impressions: 5 } },
      ]);
      expect(await metrics.isEmpty()).toBe(false);
    });

    it('keeps counters of values with signs that databases treat specially', async () => {
      const bucket = { grain: 'minute', at: Date.now(), persona: 'none' } as const;
      const counters = { 'category@Sci-Fi & Co. (50 % off)': 1, 'category@$a.b%2E': 2, 'category@日本': 3 };
      await metrics.increment([{ ...bucket, counters }]);
      await metrics.increment([{ ...bucket, counters }]);
      const [found] = await metrics.find({ grain: 'minute', from: bucket.at, to: bucket.at + 1 });
      expect(found.counters).toEqual({
        'category@Sci-Fi & Co. (50 % off)': 2,
        'category@$a.b%2E': 4,
        'category@日本': 6,
      });
    });

    it('tells a bucket once, and what was spent of a day never falls', async () => {
      const bucket = {
        grain: 'hour',
        at: NOON,
        persona: 'none',
        counters: { likes: -3, clicks: 0 },
      } as const;
      await metrics.publish([bucket]);
      await metrics.publish([
        { ...bucket, counters: { likes: 9 } },
        { ...bucket, at: NOON + HOUR },
      ]);
      expect(await metrics.findPublished({ grain: 'hour', from: NOON, to: NOON + HOUR })).toEqual([bucket]);
      expect(await metrics.findPublished({ grain: 'day', from: 0, to: Infinity })).toEqual([]);

      await metrics.spendEpsilon([
        { at: NOON, grain: 'hour', epsilon: 0.5 },
        { at: NOON + DAY, grain: 'day', epsilon: 0.25 },
      ]);
      await metrics.spendEpsilon([{ at: NOON, grain: 'hour', epsilon: 0.25 }]);
      await metrics.spendEpsilon([]);
      expect(await metrics.epsilonSpent(NOON, NOON + DAY)).toEqual([
        { at: NOON, hour: 0.5, day: 0, model: 0 },
      ]);
      expect(await metrics.epsilonSpent(0, Infinity)).toHaveLength(2);
    });

    it('spends the model part of a day once, on the version that comes first', async () => {
      await metrics.spendEpsilon([{ at: NOON, grain: 'hour', epsilon: 0.5 }]);
      const claims = await Promise.all(
        [3, 4, 3].map((version) => metrics.spendEpsilonOnModel({ at: NOON, version, epsilon: 0.25 })),
      );
      expect(new Set(claims).size).toBe(1);
      expect(await metrics.spendEpsilonOnModel({ at: NOON, version: 5, epsilon: 0.25 })).toBe(claims[0]);
      expect(await metrics.spendEpsilonOnModel({ at: NOON + DAY, version: 5, epsilon: 0.25 })).toBe(5);
      expect(await metrics.epsilonSpent(NOON, Infinity)).toEqual([
        { at: NOON, hour: 0.5, day: 0, model: 0.25 },
        { at: NOON + DAY, hour: 0, day: 0, model: 0.25 },
      ]);
    });

    it('knows the instances heard of lately, each as it told last', async () => {
      const beat = {
        ...{
          instanceId: 'a',
          at: NOON,
          activeSketch: Uint8Array.of(3, 0),
          openSubscriptions: 2,
          pushLatencies: [0, 4, 1],
          requests: 40,
          faults: 1,
        },
        ...{ thumbsPerSecond: 0.5, eventsPerSecond: 2, impressionsPerSecond: 10 },
      };
      await metrics.beat(beat);
      await metrics.beat({ ...beat, instanceId: 'b', at: NOON - HOUR });
      const last = { ...beat, at: NOON + 1, activeSketch: Uint8Array.of(3, 4) };
      await metrics.beat(last);
      expect(await metrics.beats(NOON)).toEqual([last]);
      expect(await metrics.beats(0)).toHaveLength(2);
      await metrics.pruneBeats(NOON);
      expect(await metrics.beats(0)).toHaveLength(1);
    });
  });
}

export function describeShownListRepository(name: string, makeStore: MakeStore): void {
  describe(`shown lists in ${name}`, () => {
    it('keeps a list as it was handed out first, until its user is erased', async () => {
      const { shownLists } = await makeStore();
      const at = Date.now();
      const list = { listId: 'sp-1', userId: ann, at, itemIds: ['i2', 'i.1', '$i'] };
      const other = { listId: 'sp-2', userId: bob, at, itemIds: ['i1'] };
      await shownLists.append([list, other]);
      await shownLists.append([{ ...list, itemIds: ['i9'] }]);
      expect(await shownLists.findMany(['sp-1', 'sp-3'])).toEqual([list]);
      expect(await shownLists.findMany([])).toEqual([]);
      expect(await shownLists.findByUser(ann)).toEqual([list]);
      const lately = { ...list, listId: `${listIdPrefix(ann)}1` };
      const ofNamesake = { ...lately, listId: `${listIdPrefix(ann)}2`, userId: `${ann.slice(0, 16)}!` };
      await shownLists.append([lately, ofNamesake]);
      expect(await shownLists.findLately(ann)).toContainEqual(lately);
      expect((await shownLists.findLately(ann)).filter(({ userId }) => userId !== ann)).toEqual([]);
      expect(await shownLists.deleteByUser(ann)).toBe(2);
      expect(await shownLists.findMany(['sp-1', 'sp-2'])).toEqual([other]);
    });
  });
}

export function describeItemFiguresRepository(name: string, makeStore: MakeStore): void {
  describe(`figures of items in ${name}`, () => {
    it('adds counts up by item, and keeps served impressions through a recount', async () => {
      const { itemFigures } = await makeStore();
      await itemFigures.increment([
        { itemId: 'a', counters: { clicks: 2, likes: 1 }, served: 0 },
        { itemId: 'b', counters: {}, served: 3 },
        { itemId: 'a', counters: { clicks: 1 }, served: 4 },
      ]);
      await itemFigures.increment([{ itemId: 'b', counters: { views: 1 }, served: 1 }]);
      const found = async () =>
        (await itemFigures.findMany(['b', 'a', 'c'])).sort((x, y) => (x.itemId < y.itemId ? -1 : 1));
      expect(await found()).toEqual([
        { itemId: 'a', counters: { clicks: 3, likes: 1 }, served: 4 },
        { itemId: 'b', counters: { views: 1 }, served: 4 },
      ]);
      await itemFigures.clearRecorded();
      expect(await found()).toEqual([
        { itemId: 'a', counters: {}, served: 4 },
        { itemId: 'b', counters: {}, served: 4 },
      ]);
    });
  });
}

export function describeImportHistoryRepository(name: string, makeStore: MakeStore): void {
  describe(`the history of imports in ${name}`, () => {
    it('lists the newest first and keeps an import as it was stored', async () => {
      const { imports } = await makeStore();
      const record = (n: number): ImportRecord => ({
        ...{ importId: `import-${n}`, at: NOON + n * HOUR, kind: 'events', name: `week-${n}.csv` },
        ...{ read: 10, recorded: 7, updated: 0, unchanged: 2, rejected: 1 },
        ...{ unknownItems: 3, newUsers: 4, newItems: 0 },
      });
      for (const n of [2, 1, 3]) await imports.append(record(n));
      await imports.append({ ...record(2), recorded: 0 });
      expect(await imports.list(9)).toEqual([record(3), record(2), record(1)]);
      expect(await imports.list(1)).toEqual([record(3)]);
    });
  });
}

export function describeRunRepository(name: string, makeStore: MakeStore): void {
  describe(`runs in ${name}`, () => {
    it('hands a wish to cancel on to whoever stores the progress of a running run', async () => {
      const { runs } = await makeStore();
      expect(await runs.replace(run('a'))).toBe(false);
      expect(await runs.requestCancel('a')).toBe(true);
      expect(await runs.replace(run('a', { progress: 0.6 }))).toBe(true);
      expect(await runs.find('a')).toEqual(run('a', { progress: 0.6 }));
      await runs.replace(run('b', { state: 'succeeded', endedAt: NOON + 1 }));
      expect(await runs.requestCancel('b')).toBe(false);
      expect(await runs.requestCancel('z')).toBe(false);
    });

    it('tells watchers how runs move, until they stop', async () => {
      const { runs } = await makeStore();
      const stop = new AbortController();
      const seen: number[] = [];
      const watching = (async () => {
        for await (const { progress } of runs.watch({ signal: stop.signal })!) {
          seen.push(progress);
          if (progress === 1) stop.abort();
        }
      })();
      for (let n = 0; seen.length === 0; n += 1) {
        await runs.replace(run('a', { progress: n / 1e6 }));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await runs.replace(run('a', { progress: 1 }));
      await watching;
      expect(seen).toEqual([...seen].sort((left, right) => left - right));
    });

    it('keeps the latest state of each run and lists a job newest first', async () => {
      const { runs } = await makeStore();
      await runs.replace(run('a'));
      await runs.replace(run('b', { startedAt: NOON + 1 }));
      await runs.replace(run('c', { startedAt: NOON + 2, job: 'other' }));
      const ended = run('a', { state: 'failed', endedAt: NOON + 5, error: 'no data', remainingMs: null });
      await runs.replace(ended);
      expect(await runs.find('a')).toEqual(ended);
      expect(await runs.find('z')).toBeNull();
      expect((await runs.list('retrain', 10)).map((row) => row.runId)).toEqual(['b', 'a']);
      expect((await runs.list('retrain', 1)).map((row) => row.runId)).toEqual(['b']);
    });
  });
}

export function describeTokenRepositories(name: string, makeStore: MakeStore): void {
  describe(`tokens, revocations and publishable keys in ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });

    const token = (tokenId: string, createdAt: number, userId: string | null = null) => ({
      ...{ tokenId, role: userId === null ? ('admin' as const) : ('user' as const), userId, createdAt },
      ...{ expiresAt: FAR_AHEAD, label: `token ${tokenId}`, lastUsedAt: null },
    });

    it('keeps what is known of tokens, newest first, and forgets those of a user', async () => {
      const rows = [token('a', 1), token('b', 3, userIdOf(1)), token('c', 2, userIdOf(1))];
      for (const row of rows) await store.tokens.append(row);
      expect(await store.tokens.list(2)).toEqual([rows[1], rows[2]]);
      expect((await store.tokens.findByUser(userIdOf(1))).map(({ tokenId }) => tokenId).sort()).toEqual([
        'b',
        'c',
      ]);
      expect(await store.tokens.deleteByUser(userIdOf(1))).toBe(2);
      expect(await store.tokens.deleteByUser(userIdOf(1))).toBe(0);
      expect(await store.tokens.list(10)).toEqual([rows[0]]);
    });

    it('notes the latest use of a token that is stored', async () => {
      await store.tokens.append(token('a', 1));
      for (const at of [5, 9, 7]) await store.tokens.noteUse('a', at);
      await store.tokens.noteUse('unknown', 9);
      expect(await store.tokens.list(10)).toEqual([{ ...token('a', 1), lastUsedAt: 9 }]);
    });

    it('keeps publishable keys until they are deleted, newest first, with their latest use', async () => {
      const key = (keyId: string, createdAt: number) => ({
        ...{ keyId, keyHash: `hash of ${keyId}`, label: 'Shop', origins: ['https://shop.example'] },
        ...{ createdAt, lastUsedAt: null },
      });
      const { publishableKeys } = store;
      for (const one of [key('a', 1), key('b', 2)]) await publishableKeys.append(one);
      for (const at of [5, 9, 7]) await publishableKeys.noteUse('a', at);
      expect(await publishableKeys.list()).toEqual([key('b', 2), { ...key('a', 1), lastUsedAt: 9 }]);
      expect(await publishableKeys.delete('b')).toBe(true);
      expect(await publishableKeys.delete('b')).toBe(false);
      expect(await publishableKeys.list()).toHaveLength(1);
    });

    it('keeps alert thresholds one by one, until null removes them', async () => {
      const { thresholds } = store;
      expect(await thresholds.find()).toEqual({});
      await Promise.all([thresholds.change({ psi: 0.5 }), thresholds.change({ share: 0.2 })]);
      expect(await thresholds.find()).toEqual({ psi: 0.5, share: 0.2 });
      await thresholds.change({ psi: null, guardTolerance: -0.1 });
      expect(await thresholds.find()).toEqual({ share: 0.2, guardTolerance: -0.1 });
    });

    it('keeps the later revocation of each subject', async () => {
      const of = (kind: 'token' | 'user', at: number) => ({ kind, id: 'x', at, expiresAt: FAR_AHEAD + at });
      for (const revocation of [of('token', 5), of('user', 7), of('user', 9), of('user', 8)])
        await store.revocations.put(revocation);
      const stored = await store.revocations.list();
      expect(stored.sort((left, right) => left.at - right.at)).toEqual([of('token', 5), of('user', 9)]);
    });
  });
}

export function describeWebhookRepository(name: string, makeStore: MakeStore): void {
  describe(`webhooks in ${name}`, () => {
    const webhook = (webhookId: string, createdAt: number): Webhook => ({
      ...{ webhookId, url: 'https://hooks.example', events: ['alert.raised'], createdAt },
    });
    // The database deletes deliveries by its own clock.
    const queuedAt = Date.now();
    const delivery = (deliveryId: string, fields: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
      ...{ deliveryId, webhookId: 'a', event: 'alert.raised', body: '{}', state: 'pending' },
      ...{ createdAt: queuedAt, attempts: 0, nextAttemptAt: NOON, lastAttemptAt: null },
      ...{ status: null, error: null },
      ...fields,
    });

    it('are listed from the newest, and deleted with their deliveries', async () => {
      const { webhooks } = await makeStore();
      for (const one of [webhook('a', 1), webhook('b', 2)]) await webhooks.append(one);
      expect(await webhooks.list()).toEqual([webhook('b', 2), webhook('a', 1)]);
      expect(await webhooks.find('a')).toEqual(webhook('a', 1));
      await webhooks.queue(delivery('d1'));
      expect(await webhooks.delete('a')).toBe(true);
      expect(await webhooks.delete('a')).toBe(false);
      expect(await webhooks.deliveries('a', 5)).toEqual([]);
      await webhooks.settle(delivery('d1'));
      expect(await webhooks.deliveries('a', 5)).toEqual([]);
    });

    it('queue a delivery once, and give it to one claim until it is due again', async () => {
      const { webhooks } = await makeStore();
      await webhooks.queue(delivery('d1'));
      await webhooks.queue(delivery('d1', { body: 'other' }));
      await webhooks.queue(delivery('d2', { nextAttemptAt: NOON + 1, createdAt: queuedAt - 1 }));
      const claims = await Promise.all([1, 2, 3].map(() => webhooks.claim(NOON, NOON + HOUR)));
      const claimed = delivery('d1', { nextAttemptAt: NOON + HOUR });
      expect(claims.filter((claim) => claim !== null)).toEqual([claimed]);
      const settled = {
        ...claimed,
        state: 'delivered',
        nextAttemptAt: null,
        status: 204,
        attempts: 1,
      } as const;
      await webhooks.settle(settled);
      expect((await webhooks.claim(NOON + 2 * HOUR, NOON + 3 * HOUR))?.deliveryId).toBe('d2');
      expect(await webhooks.claim(NOON + 2 * HOUR, NOON + 3 * HOUR)).toBeNull();
      expect(await webhooks.deliveries('a', 1)).toEqual([settled]);
      expect(await webhooks.deliveries('a', 5)).toHaveLength(2);
    });
  });
}

export function describeDatasetRepository(name: string, makeStore: MakeStore): void {
  describe(`the data set in ${name}`, () => {
    it('starts with nothing known, takes partial updates and adds counts up', async () => {
      const { dataset } = await makeStore();
      const unmarked = { filledAt: null, countedAt: null };
      expect(await dataset.get()).toEqual({
        ...{ isSynthetic: false, seed: null, unknownItemEvents: 0, catalogueRevision: 0 },
        ...unmarked,
      });
      await dataset.raiseCatalogueRevision();
      await dataset.addUnknownItemEvents(2);
      await dataset.update({ isSynthetic: true, seed: 42 });
      await dataset.update({ isSynthetic: false });
      await dataset.addUnknownItemEvents(3);
      await dataset.raiseCatalogueRevision();
      expect(await dataset.get()).toEqual({
        ...{ isSynthetic: false, seed: 42, unknownItemEvents: 5, catalogueRevision: 2 },
        ...unmarked,
      });
      await dataset.update({ filledAt: NOON, countedAt: NOON + 1 });
      expect(await dataset.get()).toMatchObject({ seed: 42, filledAt: NOON, countedAt: NOON + 1 });
      await dataset.update({ countedAt: null });
      expect(await dataset.get()).toMatchObject({ filledAt: NOON, countedAt: null });
    });

    it('keeps the first version of the key, whatever else is stored and how many claim it at once', async () => {
      const { dataset } = await makeStore();
      await dataset.update({ seed: 1 });
      expect(await dataset.findKeyVersion()).toBeNull();
      const claims = await Promise.all(['a1', 'b2', 'c3'].map((version) => dataset.claimKeyVersion(version)));
      expect(new Set(claims).size).toBe(1);
      expect(await dataset.claimKeyVersion('d4')).toBe(claims[0]);
      expect(await dataset.findKeyVersion()).toBe(claims[0]);
      expect((await dataset.get()).seed).toBe(1);
    });

    it('stores the version of the data, which never falls', async () => {
      const { migrations } = await makeStore();
      expect(await migrations.storedVersion()).toBeNull();
      await migrations.stamp(2);
      await migrations.stamp(1);
      expect(await migrations.storedVersion()).toBe(2);
    });
  });
}

export function describeNoticeRepository(name: string, makeStore: MakeStore): void {
  describe(`notices in ${name}`, () => {
    it('reach who listens, from the moment that the stream has begun', async () => {
      const { notices } = await makeStore();
      const stop = new AbortController();
      const begun = new Promise<void>((onStart) => {
        void (async () => {
          for await (const notice of notices.watch({ signal: stop.signal, onStart })!) {
            heard.push(notice);
            if (notice.kind === 'catalogue') stop.abort();
          }
          ended();
        })();
      });
      const heard: unknown[] = [];
      let ended = () => {};
      const end = new Promise<void>((resolve) => (ended = resolve));
      await begun;
      const sent = [
        {
          kind: 'profiles' as const,
          origin: 'here',
          userIds: [userIdOf(1), userIdOf(2)],
          itemIds: null,
          at: NOON,
        },
        { kind: 'catalogue' as const, origin: 'there', userIds: [], itemIds: ['i.1', '$i'], at: NOON + 1 },
      ];
      for (const notice of sent) await notices.append(notice);
      await end;
      expect(heard).toEqual(sent);
    });
  });
}
