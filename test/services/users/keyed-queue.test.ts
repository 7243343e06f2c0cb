/** One order per key. */

import { expect, it } from 'vitest';

import { KeyedQueue } from '../../../server/services/users/keyed-queue.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

it('runs tasks of one key in order and those of another beside them', async () => {
  const queue = new KeyedQueue();
  const first = gate();
  const log: string[] = [];
  const slow = queue.run(['a'], async () => {
    log.push('a1 begins');
    await first.opened;
    log.push('a1 ends');
  });
  const next = queue.run(['a'], async () => void log.push('a2'));
  await queue.run(['b'], async () => void log.push('b'));
  expect(log).toEqual(['a1 begins', 'b']);
  expect([queue.isBusy('a'), queue.isBusy('b')]).toEqual([true, false]);
  first.open();
  await Promise.all([slow, next]);
  expect(log).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
  await queue.idle();
  expect(queue.isBusy('a')).toBe(false);
});

it('has a task of several keys wait for each of them, and goes on after a failure', async () => {
  const queue = new KeyedQueue();
  const [a, b] = [gate(), gate()];
  const log: string[] = [];
  const failing = queue.run(['a'], async () => {
    await a.opened;
    throw new Error('no answer');
  });
  const other = queue.run(['b'], () => b.opened);
  const both = queue.run(['a', 'b'], async () => void log.push('both'));
  const after = queue.run(['b'], async () => void log.push('after'));
  a.open();
  await expect(failing).rejects.toThrow('no answer');
  expect(log).toEqual([]);
  b.open();
  await Promise.all([other, both, after]);
  expect(log).toEqual(['both', 'after']);
});
