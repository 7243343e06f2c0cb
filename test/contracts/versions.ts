/** What every store of model versions and leases must do. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { Store } from '../../server/store/index.js';

import { HOUR, NOON, model, type MakeStore } from './samples.js';

const MINUTE = 60_000;

export function describeModelRepository(name: string, makeStore: MakeStore): void {
  describe(`models in ${name}`, () => {
    let models: Store['models'];
    let leases: Store['leases'];
    beforeEach(async () => {
      ({ models, leases } = await makeStore());
    });

    async function ready(): Promise<number> {
      const version = await models.create(model());
      await models.seal(version, 'ready');
      return version;
    }

    it('numbers versions upwards and gives back what was stored', async () => {
      const version = await models.create(model());
      const next = await models.create(model({ parentVersion: version }));
      expect(next).toBe(version + 1);
      expect(await models.find(version)).toEqual({
        ...model(),
        version,
        status: 'building',
        activatedAt: null,
        activation: 0,
        reassignedAt: null,
      });
      expect(await models.find(99)).toBeNull();
      expect((await models.list(10)).map((row) => row.version)).toEqual([next, version]);
      expect(await models.list(1)).toHaveLength(1);
    });

    it('gives no number twice to runs that start at once', async () => {
      const numbers = await Promise.all(Array.from({ length: 5 }, () => models.create(model())));
      expect(new Set(numbers).size).toBe(5);
    });

    it('seals a version with what was learnt meanwhile', async () => {
      const version = await models.create(model());
      await models.seal(version, 'candidate', { reason: 'worse than before', timingsMs: { fit: 12 } });
      expect(await models.find(version)).toMatchObject({
        status: 'candidate',
        reason: 'worse than before',
        timingsMs: { fit: 12 },
        k: 2,
      });
    });

    it('completes a version, and opens the re-assignment of users with every activation', async () => {
      const version = await ready();
      await models.update(version, { timingsMs: { load: 3 }, reassignedAt: NOON });
      expect(await models.find(version)).toMatchObject({
        status: 'ready',
        reassignedAt: NOON,
        timingsMs: { load: 3 },
      });
      await models.activate(version, null, NOON + HOUR);
      expect(await models.find(version)).toMatchObject({ reassignedAt: null, timingsMs: { load: 3 } });
    });

    it('keeps parts byte by byte, empty ones and ones of many chunks', async () => {
      const version = await models.create(model());
      const large = new Uint8Array(9 * 1024 * 1024 + 3).map((_, index) => (index * 31) % 251);
      const within = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
      await models.putParts(version, [
        { name: 'large', bytes: large },
        { name: 'empty', bytes: new Uint8Array(0) },
      ]);
      await models.putParts(version, [{ name: 'within', bytes: within }]);
      const parts = await models.getParts(version);
      expect([...parts.keys()].sort()).toEqual(['empty', 'large', 'within']);
      expect(Buffer.compare(parts.get('large')!, large)).toBe(0);
      expect(parts.get('empty')).toHaveLength(0);
      expect([...parts.get('within')!]).toEqual([1, 2, 3]);
      expect((await models.getParts(99)).size).toBe(0);
    });

    it('puts other bytes of the same length in place of a part, and leaves the others', async () => {
      const version = await models.create(model());
      const users = new Uint8Array(9 * 1024 * 1024).fill(7);
      await models.putParts(version, [
        { name: 'users', bytes: users },
        { name: 'other', bytes: new Uint8Array([1]) },
      ]);
      const blanked = users.slice().fill(0, 5, 8);
      await models.replacePart(version, { name: 'users', bytes: blanked });
      const parts = await models.getParts(version);
      expect(Buffer.compare(parts.get('users')!, blanked)).toBe(0);
      expect([...parts.get('other')!]).toEqual([1]);
    });

    it('flips the pointer only from where it was expected to be', async () => {
      const [first, second] = [await ready(), await ready()];
      expect(await models.findActiveVersion()).toBeNull();
      expect(await models.activate(first, 7, NOON)).toBeNull();
      expect(await models.activate(first, null, NOON)).toBe(1);
      expect(await models.activate(second, null, NOON)).toBeNull();
      expect(await models.findActiveVersion()).toBe(first);
      expect(await models.find(first)).toMatchObject({ status: 'active', activatedAt: NOON, activation: 1 });

      expect(await models.activate(second, first, NOON + HOUR)).toBe(2);
      expect(await models.find(first)).toMatchObject({ status: 'retired' });
      expect((await models.list(2)).map((row) => row.status)).toEqual(['active', 'retired']);
      expect(await models.activate(first, second, NOON + 2 * HOUR)).toBe(3);
      expect(await models.findActiveVersion()).toBe(first);
    });

    it('lets one of several flips at once win', async () => {
      const versions = [await ready(), await ready(), await ready()];
      const outcomes = await Promise.all(versions.map((version) => models.activate(version, null, NOON)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await models.findActiveVersion()).toBe(versions[outcomes.indexOf(1)]);
    });

    it('never activates a version that is unknown, unfinished or failed', async () => {
      const building = await models.create(model());
      const failed = await models.create(model());
      await models.seal(failed, 'failed');
      for (const version of [99, building, failed])
        expect(await models.activate(version, null, NOON)).toBeNull();
      expect(await models.findActiveVersion()).toBeNull();
    });

    it('refuses the flip of a run whose lease expired, was released or was taken over', async () => {
      const version = await ready();
      const lease = (await leases.acquire('retrain', 'a', HOUR, NOON))!;
      const fence = { job: 'retrain', token: lease.fence };
      expect(await models.activate(version, null, NOON + HOUR, fence)).toBeNull();
      const taken = (await leases.acquire('retrain', 'b', HOUR, NOON + 2 * HOUR))!;
      expect(await models.activate(version, null, NOON + 2 * HOUR, fence)).toBeNull();
      expect(await models.findActiveVersion()).toBeNull();
      const current = { job: 'retrain', token: taken.fence };
      expect(await models.activate(version, null, NOON + 2 * HOUR, current)).toBe(1);
      await leases.release(taken);
      expect(await models.activate(await ready(), version, NOON + 2 * HOUR, current)).toBeNull();
      expect(await models.findActiveVersion()).toBe(version);
    });

    it('renames one persona of one version', async () => {
      const [version, other] = [await ready(), await ready()];
      await models.renamePersona(version, 'buyer', 'Big spender');
      await models.renamePersona(version, 'nobody', 'Nobody');
      expect((await models.find(version))?.personas.map((row) => row.label)).toEqual([
        'seeker',
        'Big spender',
      ]);
      expect((await models.find(other))?.personas.map((row) => row.label)).toEqual(['seeker', 'buyer']);
    });

    it('keeps the published sizes of a version as they were first stored, until it is pruned', async () => {
      const [version, other] = [await ready(), await ready()];
      expect(await models.publishedSizes(version)).toBeNull();
      const sizes = [{ personaId: 'buyer', size: 7 }];
      expect(await models.publishSizes(version, sizes)).toEqual(sizes);
      expect(await models.publishSizes(version, [{ personaId: 'buyer', size: 9 }])).toEqual(sizes);
      expect(await models.publishedSizes(version)).toEqual(sizes);
      expect(await models.publishedSizes(other)).toBeNull();
      expect(await models.find(version)).not.toHaveProperty('publishedSizes');
      await models.prune([version]);
      expect(await models.publishedSizes(version)).toBeNull();
    });

    it('prunes versions with their parts, but never the active one, and reuses no number', async () => {
      const [first, second] = [await ready(), await ready()];
      await models.putParts(first, [{ name: 'p', bytes: new Uint8Array([1]) }]);
      await models.putParts(second, [{ name: 'p', bytes: new Uint8Array([2]) }]);
      await models.activate(first, null, NOON);
      await models.prune([first, second]);
      expect((await models.list(10)).map((row) => row.version)).toEqual([first]);
      expect((await models.getParts(first)).size).toBe(1);
      expect((await models.getParts(second)).size).toBe(0);
      expect(await models.create(model())).toBe(second + 1);
    });

    it('tells watchers of every flip, and of nothing else, until they stop', async () => {
      const versions = [await ready(), await ready(), await ready()];
      const stop = new AbortController();
      const seen: number[] = [];
      const watching = (async () => {
        for await (const version of models.watchActive({ signal: stop.signal })!) {
          seen.push(version);
          if (version === versions[2]) stop.abort();
        }
      })();
      let active: number | null = null;
      const flip = async (version: number) => {
        expect(await models.activate(version, active, NOON)).not.toBeNull();
        active = version;
      };
      // Back and forth until the watcher is listening.
      for (let turn = 0; seen.length === 0; turn += 1) {
        await flip(versions[turn % 2]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const before = active;
      await models.create(model());
      await flip(versions[2]);
      await watching;
      expect(seen.at(-1)).toBe(versions[2]);
      expect(seen.at(-2)).toBe(before);
    });
  });
}

export function describeLeaseRepository(name: string, makeStore: MakeStore): void {
  describe(`leases in ${name}`, () => {
    let leases: Store['leases'];
    beforeEach(async () => {
      ({ leases } = await makeStore());
    });

    it('goes to one of many who want it', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, index) => leases.acquire('retrain', `owner-${index}`, HOUR, NOON)),
      );
      expect(outcomes.filter((lease) => lease !== null)).toHaveLength(1);
    });

    it('is held until it expires, and its fence rises with every owner', async () => {
      const first = (await leases.acquire('retrain', 'a', HOUR, NOON))!;
      expect(first).toMatchObject({ job: 'retrain', owner: 'a', acquiredAt: NOON, expiresAt: NOON + HOUR });
      expect(await leases.acquire('retrain', 'b', HOUR, NOON + HOUR - 1)).toBeNull();
      expect(await leases.acquire('other', 'b', HOUR, NOON)).not.toBeNull();
      const second = (await leases.acquire('retrain', 'b', HOUR, NOON + HOUR))!;
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(await leases.find('retrain')).toEqual(second);
      expect(await leases.find('nothing')).toBeNull();
    });

    it('is renewed by its owner alone, and not once it has expired', async () => {
      const first = (await leases.acquire('retrain', 'a', HOUR, NOON))!;
      expect(await leases.renew(first, 2 * HOUR, NOON + 1)).toBe(true);
      expect(await leases.acquire('retrain', 'b', HOUR, NOON + HOUR)).toBeNull();
      expect(await leases.renew(first, HOUR, NOON + 3 * HOUR)).toBe(false);
      const second = (await leases.acquire('retrain', 'a', HOUR, NOON + 3 * HOUR))!;
      expect(await leases.renew(first, HOUR, NOON + 3 * HOUR)).toBe(false);
      expect(await leases.renew(second, HOUR, NOON + 3 * HOUR)).toBe(true);
    });

    it('does not outlast a clock that was set back, and keeps its end among clocks that differ a little', async () => {
      const first = (await leases.acquire('retrain', 'a', MINUTE, NOON))!;
      expect(await leases.acquire('retrain', 'b', MINUTE, NOON - 5 * MINUTE)).toBeNull();
      const second = (await leases.acquire('retrain', 'b', MINUTE, NOON - HOUR))!;
      expect(second.fence).toBe(first.fence + 1);
      expect(await leases.renew(first, MINUTE, NOON - HOUR)).toBe(false);
    });

    it('is free at once when it is released, and a late release by an old owner changes nothing', async () => {
      const first = (await leases.acquire('retrain', 'a', HOUR, NOON))!;
      await leases.release(first);
      expect(await leases.find('retrain')).toBeNull();
      const second = (await leases.acquire('retrain', 'b', HOUR, NOON))!;
      expect(second.fence).toBe(first.fence + 1);
      await leases.release(first);
      expect(await leases.find('retrain')).toEqual(second);
    });
  });
}
