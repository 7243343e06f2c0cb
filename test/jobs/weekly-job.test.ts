/** The schedule of the weekly job over the year's odd nights, on an injected clock. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createRetrainJob, startScheduler } from '../../jobs/index.js';
import type { Scheduler } from '../../jobs/index.js';
import type { TrainingRun } from '../../server/domain/index.js';
import { AlreadyRunningError } from '../../server/domain/index.js';
import type { TrainingPort } from '../../server/services/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const logged: string[] = [];
const log = {
  debug: () => undefined,
  info: (_fields: object, message?: string) => void logged.push(`info ${message}`),
  warn: (_fields: object, message?: string) => void logged.push(`warn ${message}`),
  error: (_fields: object, message?: string) => void logged.push(`error ${message}`),
};

let scheduler: Scheduler | null = null;

beforeEach(() => {
  logged.length = 0;
  vi.useFakeTimers();
});
afterEach(async () => {
  await scheduler?.close();
  vi.useRealTimers();
});

/** Starts the job at `from`, lets time pass, and gives the instants at which it ran. */
async function runsBetween(
  from: string,
  forMs: number,
  job: { schedule: string; timeZone: string; run?: () => Promise<TrainingRun> },
): Promise<string[]> {
  vi.setSystemTime(new Date(from));
  const ran: string[] = [];
  const run = async (): Promise<TrainingRun> => {
    ran.push(new Date().toISOString().slice(0, 16));
    return (await job.run?.()) ?? ({ state: 'succeeded', modelVersion: 1 } as TrainingRun);
  };
  const isDue = (slot: number) =>
    Promise.resolve(slot >= Date.parse(from) && ran.every((at) => Date.parse(`${at}Z`) < slot));
  const training = { run, isDue } as unknown as TrainingPort;
  scheduler = startScheduler(
    [createRetrainJob({ training, schedule: job.schedule, timeZone: job.timeZone, log })],
    { log },
  );
  for (let passed = 0; passed < forMs; passed += 5 * MINUTE) await vi.advanceTimersByTimeAsync(5 * MINUTE);
  return ran;
}

describe('the weekly job', () => {
  it('runs at its hour in its time zone, once a week', async () => {
    const job = { schedule: '0 3 * * 0', timeZone: 'Europe/Berlin' };
    expect(await runsBetween('2026-05-20T00:00Z', 15 * DAY, job)).toEqual([
      '2026-05-24T01:00',
      '2026-05-31T01:00',
    ]);
  });

  it('runs once in the week in which the clocks go back over its hour', async () => {
    // In Berlin half past two comes twice on 25 October 2026: at 00:30 and at 01:30 UTC.
    const job = { schedule: '30 2 * * 0', timeZone: 'Europe/Berlin' };
    const ran = await runsBetween('2026-10-24T00:00Z', 3 * DAY, job);
    expect(ran).toHaveLength(1);
    expect(ran[0]).toMatch(/^2026-10-25T0[01]:30$/);
  });

  it('runs as much later in the week in which the clocks jump over its hour', async () => {
    // In Berlin there is no half past two on 29 March 2026.
    const job = { schedule: '30 2 * * 0', timeZone: 'Europe/Berlin' };
    expect(await runsBetween('2026-03-21T00:00Z', 16 * DAY, job)).toEqual([
      '2026-03-22T01:30',
      '2026-03-29T01:30',
      '2026-04-05T00:30',
    ]);
  });

  it('keeps to its hour of the day before and after the change', async () => {
    const job = { schedule: '0 3 * * *', timeZone: 'America/New_York' };
    expect(await runsBetween('2026-10-31T00:00Z', 4 * DAY, job)).toEqual([
      '2026-10-31T07:00',
      '2026-11-01T08:00',
      '2026-11-02T08:00',
      '2026-11-03T08:00',
    ]);
  });

  it('goes on when the clock is set back an hour, and runs the week after as ever', async () => {
    const job = { schedule: '0 3 * * 0', timeZone: 'UTC' };
    const ran = await runsBetween('2026-05-24T02:00Z', 2 * HOUR, job);
    expect(ran).toEqual(['2026-05-24T03:00']);
    vi.setSystemTime(new Date('2026-05-24T03:10Z'));
    for (let passed = 0; passed < 7 * DAY; passed += 5 * MINUTE)
      await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(ran).toEqual(['2026-05-24T03:00', '2026-05-31T03:00']);
  });
});

describe('a run that another instance has already begun', () => {
  it('is left to it, and anything else that goes wrong is logged and forgotten by the next time', async () => {
    const errors = [new AlreadyRunningError('retrain', 'another', 0), new Error('out of luck')];
    const job = {
      schedule: '0 3 * * *',
      timeZone: 'UTC',
      run: () => {
        const error = errors.shift();
        return error === undefined
          ? Promise.resolve({ state: 'succeeded' } as TrainingRun)
          : Promise.reject(error);
      },
    };
    expect(await runsBetween('2026-05-20T00:00Z', 3 * DAY, job)).toHaveLength(3);
    expect(logged).toEqual([
      'info lease held by another instance, skipping the scheduled retrain',
      'error a scheduled job failed',
      'info the scheduled retrain has ended',
    ]);
  });
});
