/** What goes first, and that nothing waits for ever. */

import { describe, expect, it } from 'vitest';

import { WriteLane } from '../../server/store/mongo/write-lane.js';

const LONG_MS = 60_000;

/** A command that runs until it is told to end. */
function command(name: string, log: string[]) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    end,
    run: async () => {
      log.push(`${name} begins`);
      await ended;
      log.push(`${name} ends`);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the lane for derived writes', () => {
  it('lets one command through at a time, in their order', async () => {
    const lane = new WriteLane(LONG_MS);
    const log: string[] = [];
    const [first, second] = [command('first', log), command('second', log)];
    const both = Promise.all([lane.derived(first.run), lane.derived(second.run)]);
    second.end();
    await turn();
    expect(log).toEqual(['first begins']);
    first.end();
    await both;
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('goes on after a command that fails, and tells whoever sent it', async () => {
    const lane = new WriteLane(LONG_MS);
    const failed = lane.derived(() => Promise.reject(new Error('refused')));
    const next = lane.derived(() => Promise.resolve('written'));
    await expect(failed).rejects.toThrow('refused');
    await expect(next).resolves.toBe('written');
  });

  it('waits while something urgent is under way, which waits for nothing', async () => {
    const lane = new WriteLane(LONG_MS);
    const log: string[] = [];
    const [one, other] = [command('one thumb', log), command('another thumb', log)];
    const urgent = [lane.urgent(one.run), lane.urgent(other.run)];
    const derived = lane.derived(() => Promise.resolve(log.push('derived')));
    one.end();
    await turn();
    expect(log).toEqual(['one thumb begins', 'another thumb begins', 'one thumb ends']);
    other.end();
    await Promise.all([...urgent, derived]);
    expect(log.slice(3)).toEqual(['another thumb ends', 'derived']);
  });

  it('does not wait longer than its patience', async () => {
    const lane = new WriteLane(1);
    const log: string[] = [];
    const thumb = command('thumb', log);
    const urgent = lane.urgent(thumb.run);
    await lane.derived(() => Promise.resolve(log.push('derived')));
    expect(log).toEqual(['thumb begins', 'derived']);
    thumb.end();
    await urgent;
  });
});
