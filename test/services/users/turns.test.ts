/** Who may use how much of a turn of the event loop. */

import { describe, expect, it } from 'vitest';

import { Turns } from '../../../server/services/users/turns.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** What has been done after each of some turns of the event loop. */
async function progressOf(work: (done: (name: string) => void) => void, nTurns: number): Promise<string[]> {
  const done: string[] = [];
  work((name) => done.push(name));
  const seen: string[] = [];
  for (let turn = 0; turn < nTurns; turn++) {
    await nextTurn();
    seen.push(done.join(''));
  }
  return seen;
}

describe('turns of the event loop', () => {
  it('go to one piece of work of a key each, in the order asked for', async () => {
    const turns = new Turns();
    const seen = await progressOf((done) => {
      for (const name of 'abc') void turns.take('user').then(() => done(name));
    }, 4);
    expect(seen.at(-1)).toBe('abc');
    expect(seen[0].length).toBeLessThan(3);
    for (let turn = 1; turn < seen.length; turn++) {
      expect(seen[turn].length - seen[turn - 1].length).toBeLessThanOrEqual(1);
    }
  });

  it('do not make one key wait for another', async () => {
    const turns = new Turns();
    const order: string[] = [];
    for (let n = 0; n < 50; n++) void turns.take('busy').then(() => order.push('busy'));
    await turns.take('other');
    order.push('other');
    expect(order.indexOf('other')).toBeLessThanOrEqual(1);
  });

  it('hold several small pieces', async () => {
    const turns = new Turns();
    const seen = await progressOf((done) => {
      for (const name of 'abcdef') void turns.take('user', 1 / 3).then(() => done(name));
    }, 3);
    expect(seen[0]).toContain('abc');
    expect(seen.at(-1)).toBe('abcdef');
  });

  it('are forgotten when they are over', async () => {
    const turns = new Turns();
    await turns.take('user');
    await nextTurn();
    await nextTurn();
    let isDone = false;
    void turns.take('user').then(() => (isDone = true));
    await Promise.resolve();
    expect(isDone).toBe(true);
  });
});
