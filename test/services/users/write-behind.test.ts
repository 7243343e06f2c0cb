/** Batches of derived data: merging, slices, failures, and what `drain` and `discard` promise while a batch is on its way. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Logger } from '../../../server/domain/index.js';
import { WriteBehind } from '../../../server/services/users/write-behind.js';
import { SILENT } from '../../support/small-world.js';

type Batch = [string, string][];

/** A write that ends when the test says so. */
function openWrites() {
  const batches: Batch[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = (batch: ReadonlyMap<string, string>) => {
    batches.push([...batch]);
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  };
  return { batches, ends, write };
}

function writeBehind(
  write: (batch: ReadonlyMap<string, string>) => Promise<void>,
  { delayMs = 200, sliceSize, log = SILENT }: { delayMs?: number; sliceSize?: number; log?: Logger } = {},
) {
  const merge = (older: string, newer: string) => `${older}+${newer}`;
  return new WriteBehind<string>({
    ...{ name: 'test', delayMs, write, merge, log },
    ...(sliceSize !== undefined && { sliceSize }),
  });
}

/** Lets everything run that waits for no timer. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a write behind', () => {
  it('merges values of one key and writes them after the delay, in slices', async () => {
    const batches: Batch[] = [];
    const writes = writeBehind(async (batch) => void batches.push([...batch]), { sliceSize: 2 });
    for (const [key, value] of [...'abcab'].map((key, n) => [key, String(n)])) writes.put(key, value);
    expect(writes.get('a')).toBe('0+3');
    expect(writes.size).toBe(3);
    await vi.advanceTimersByTimeAsync(200);
    await turn();
    expect(batches).toEqual([
      [
        ['a', '0+3'],
        ['b', '1+4'],
      ],
      [['c', '2']],
    ]);
    expect(writes.size).toBe(0);
  });

  it('has every drain wait for the batch that holds what was put before it', async () => {
    const { batches, ends, write } = openWrites();
    const writes = writeBehind(write);
    const ended: string[] = [];
    writes.put('a', '1');
    const first = writes.drain().then(() => ended.push('first'));
    await turn();
    writes.put('b', '2');
    const others = ['second', 'third'].map((name) => writes.drain().then(() => ended.push(name)));
    await turn();
    ends[0].resolve();
    await turn();
    expect(ended).toEqual(['first']);
    expect(batches).toEqual([[['a', '1']], [['b', '2']]]);
    ends[1].resolve();
    await Promise.all([first, ...others]);
    expect(ended).toEqual(['first', 'second', 'third']);
    expect(batches).toHaveLength(2);
  });

  it('writes in the next batch what was put while one was on its way', async () => {
    const { batches, ends, write } = openWrites();
    const writes = writeBehind(write);
    writes.put('a', '1');
    void writes.drain();
    await turn();
    writes.put('a', '2');
    expect(writes.get('a')).toBe('2');
    ends[0].resolve();
    await turn();
    expect(writes.get('a')).toBe('2');
    const drained = writes.drain();
    await turn();
    ends[1].resolve();
    await drained;
    expect(batches).toEqual([[['a', '1']], [['a', '2']]]);
  });

  it('gives back the slices that failed, merged with what came meanwhile, and tells who drained', async () => {
    const { batches, ends, write } = openWrites();
    const writes = writeBehind(write, { sliceSize: 1 });
    writes.put('a', '1');
    writes.put('b', '1');
    const drained = writes.drain().catch((error: Error) => error.message);
    await turn();
    ends[0].resolve();
    await turn();
    writes.put('b', '2');
    ends[1].reject(new Error('no answer'));
    expect(await drained).toBe('no answer');
    expect([writes.get('a'), writes.get('b')]).toEqual([undefined, '1+2']);
    void writes.drain();
    await turn();
    expect(batches.at(-1)).toEqual([['b', '1+2']]);
  });

  it('pauses from 100 ms to 5 s after failures, whatever the delay, and warns once for each longer pause', async () => {
    let nAttempts = 0;
    const warnings: number[] = [];
    const warn = (fields: object) => warnings.push((fields as { pauseMs: number }).pauseMs);
    const writes = writeBehind(
      () => {
        nAttempts += 1;
        return Promise.reject(new Error('no answer'));
      },
      { delayMs: 0, log: { ...SILENT, warn } },
    );
    writes.put('a', '1');
    await vi.advanceTimersByTimeAsync(60_000);
    // 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 s, then every 5 s.
    expect(nAttempts).toBe(7 + Math.floor((60_000 - 6_300) / 5_000));
    expect(warnings).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000]);
  });

  it('begins anew with its delay once a write has succeeded', async () => {
    let isDown = true;
    let nAttempts = 0;
    const writes = writeBehind(async () => {
      nAttempts += 1;
      if (isDown) throw new Error('no answer');
    });
    writes.put('a', '1');
    await vi.advanceTimersByTimeAsync(200 + 100 + 200);
    isDown = false;
    await vi.advanceTimersByTimeAsync(400);
    expect(writes.size).toBe(0);
    const before = nAttempts;
    writes.put('a', '2');
    await vi.advanceTimersByTimeAsync(200);
    expect(nAttempts).toBe(before + 1);
  });

  it('drops a key for good when it is discarded while its batch is on its way, and keeps the others', async () => {
    const { batches, ends, write } = openWrites();
    const writes = writeBehind(write);
    writes.put('a', '1');
    writes.put('b', '1');
    const drained = writes.drain().catch(() => undefined);
    await turn();
    let isDiscarded = false;
    const discarded = writes.discard('a').then(() => (isDiscarded = true));
    await turn();
    expect(isDiscarded).toBe(false);
    ends[0].reject(new Error('no answer'));
    await Promise.all([drained, discarded]);
    expect([writes.get('a'), writes.get('b')]).toEqual([undefined, '1']);
    void writes.drain();
    await turn();
    expect(batches.at(-1)).toEqual([['b', '1']]);
  });
});
