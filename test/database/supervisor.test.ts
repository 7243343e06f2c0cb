/** When the embedded database is started again. The restart itself is tested with real servers. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { identify } from '../../server/database/process.js';
import { supervise } from '../../server/database/supervisor.js';
import type { WriteProbe } from '../../server/store/mongo/index.js';

/** Between two probes, ms: twelve looks of 250 ms. */
const PROBE_MS = 3_000;

let warnings: string[];
let result: WriteProbe;
const restart = vi.fn(() => Promise.resolve());

async function afterProbes(n: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(n * PROBE_MS + 10);
}

let stop: () => Promise<void>;
beforeEach(() => {
  vi.useFakeTimers();
  restart.mockClear();
  warnings = [];
  result = 'done';
  const log = {
    info() {},
    error() {},
    warn: (...args: unknown[]) => void warnings.push(String(args.at(-1))),
  };
  const record = { kind: 'secantusdb' as const, process: identify(process.pid)!, uri: '' };
  ({ stop } = supervise({ log, read: () => record, probe: () => Promise.resolve(result), restart }));
});
afterEach(async () => {
  await stop();
  vi.useRealTimers();
});

describe('an embedded database that runs', () => {
  it('is left alone while it writes', async () => {
    await afterProbes(20);
    expect(restart).not.toHaveBeenCalled();
  });

  it.each([
    { answer: 'refused' as const, probes: 2, words: 'refuses every write' },
    { answer: 'silent' as const, probes: 4, words: 'does not answer' },
  ])('is started again after $probes probes that are $answer', async ({ answer, probes, words }) => {
    result = answer;
    await afterProbes(probes - 1);
    expect(restart).not.toHaveBeenCalled();
    await afterProbes(1);
    expect(restart).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([`the embedded database ${words}; starting it again`]);
  });

  it('counts only failures in a row', async () => {
    for (let round = 0; round < 4; round++) {
      result = 'silent';
      await afterProbes(3);
      result = 'done';
      await afterProbes(1);
    }
    expect(restart).not.toHaveBeenCalled();
  });
});
