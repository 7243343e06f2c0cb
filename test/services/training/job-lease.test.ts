/** Waiting for a lease: one line in the log, and an end whatever the clocks say. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Logger } from '../../../server/domain/index.js';
import { holdLease, waitForLease, whenFree } from '../../../server/services/training/job-lease.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { HOUR, NOON } from '../../contracts/samples.js';

const LEASE_MS = 30_000;
const MINUTE = 60_000;

describe('a lease that is waited for', () => {
  const { signal } = new AbortController();
  let store = createMemoryStore();
  let lines: string[] = [];
  const record = (_fields: object, message?: string) => void lines.push(message ?? '');
  const log: Logger = { debug: record, info: record, warn: record, error: record };
  const wait = { job: 'retrain', log, signal };

  beforeEach(() => {
    vi.useFakeTimers();
    store = createMemoryStore();
    lines = [];
  });
  afterEach(() => vi.useRealTimers());

  const takenAt = (now: number) => store.leases.acquire('retrain', 'another', LEASE_MS, now);

  it('is free when nobody holds it, when it has run out, and when it ends hours ahead of the clock', async () => {
    await whenFree({ ...wait, store, clock: () => NOON });
    await takenAt(NOON);
    await whenFree({ ...wait, store, clock: () => NOON + LEASE_MS });
    await whenFree({ ...wait, store, clock: () => NOON - 2 * HOUR });
    expect(lines).toEqual([]);
  });

  it('is refused with who holds it, since when and until when', async () => {
    await takenAt(NOON);
    const refused = holdLease({ ...wait, store, owner: 'me', clock: () => NOON + 1_000 });
    await expect(refused).rejects.toThrow(
      `retrain is already being run by another since ${new Date(NOON).toISOString()}; its lease ends at ${new Date(NOON + LEASE_MS).toISOString()} unless`,
    );
  });

  it('is released when nobody renews it for its length, by a clock that was set back by minutes', async () => {
    await takenAt(NOON);
    let isFree = false;
    const waiting = whenFree({ ...wait, store, clock: () => NOON - 5 * MINUTE }).then(() => (isFree = true));
    await vi.advanceTimersByTimeAsync(LEASE_MS - 1_000);
    expect([isFree, lines]).toEqual([false, ['lease held by another instance, waiting']]);
    await vi.advanceTimersByTimeAsync(2_000);
    await waiting;
    expect(await store.leases.find('retrain')).toBeNull();
  });

  it('is waited for as long as its holder renews it', async () => {
    const lease = (await takenAt(NOON))!;
    let now = NOON;
    let isFree = false;
    const waiting = whenFree({ ...wait, store, clock: () => now }).then(() => (isFree = true));
    for (; now < NOON + 5 * LEASE_MS; now += 2_000) {
      expect(await store.leases.renew(lease, LEASE_MS, now)).toBe(true);
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(isFree).toBe(false);
    await store.leases.release(lease);
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
  });

  it('is taken at once from a holder that is known to have ended', async () => {
    const first = (await takenAt(NOON))!;
    const isGone = (owner: string) => owner === 'another';
    const held = await waitForLease({ ...wait, store, clock: () => NOON, owner: 'me', isGone });
    expect(held.fence.token).toBeGreaterThan(first.fence);
    await held.release();
  });

  it('is no longer waited for when the program is to end', async () => {
    await takenAt(NOON);
    const ending = new AbortController();
    const waiting = whenFree({ ...wait, store, clock: () => NOON, signal: ending.signal });
    const refused = expect(waiting).rejects.toThrow('the end');
    ending.abort(new Error('the end'));
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
  });
});
