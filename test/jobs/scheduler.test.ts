/** Slots of cron expressions on the wall clocks of the world, and the scheduler that makes up for missed ones. */

import { afterEach, describe, expect, it } from 'vitest';

import type { Job, Scheduler } from '../../jobs/index.js';
import { isSchedule, lastSlot, nextSlot, startScheduler } from '../../jobs/index.js';
import { SILENT } from '../support/small-world.js';

const at = (text: string) => Date.parse(text);
const slot = (expression: string, timeZone: string, now: string) => {
  const found = lastSlot(expression, timeZone, at(now));
  return found === null ? null : new Date(found).toISOString();
};
const WEEKLY = '0 3 * * 0';

describe('the last slot', () => {
  it.each([
    ['just before', WEEKLY, 'UTC', '2026-03-08T02:59:59Z', '2026-03-01T03:00:00.000Z'],
    ['at the very instant', WEEKLY, 'UTC', '2026-03-08T03:00:00Z', '2026-03-08T03:00:00.000Z'],
    ['in another zone', WEEKLY, 'Asia/Tokyo', '2026-03-08T00:00:00Z', '2026-03-07T18:00:00.000Z'],
    ['every twenty minutes', '*/20 * * * *', 'UTC', '2026-03-08T10:59:59Z', '2026-03-08T10:40:00.000Z'],
    ['once a month', '30 12 1 * *', 'UTC', '2026-03-08T00:00:00Z', '2026-03-01T12:30:00.000Z'],
    ['on a leap day', '0 0 29 2 *', 'UTC', '2027-06-01T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['on the last day', '0 0 L * *', 'UTC', '2026-03-08T00:00:00Z', '2026-02-28T00:00:00.000Z'],
    ['by name', '@daily', 'UTC', '2026-03-08T05:00:00Z', '2026-03-08T00:00:00.000Z'],
    // Berlin: clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
    ['in a skipped hour', '30 2 * * 0', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29T01:30:00.000Z'],
    ['before it', '30 1 * * 0', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29T00:30:00.000Z'],
    ['after it', '30 3 * * 0', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29T01:30:00.000Z'],
    ['in a repeated hour', '30 2 * * 0', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['between its turns', '30 2 * * 0', 'Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['past it', '30 3 * * 0', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25T02:30:00.000Z'],
  ])('%s', (_title, expression, timeZone, now, expected) => {
    expect(slot(expression, timeZone, now)).toBe(expected);
  });

  it('is none where the day has not come for eight years', () => {
    expect(slot('0 0 29 2 0', 'UTC', '2026-03-08T00:00:00Z')).toBeNull();
  });
});

describe('the next slot', () => {
  it.each([
    ['later in the week', WEEKLY, 'UTC', '2026-03-08T03:00:00Z', '2026-03-15T03:00:00.000Z'],
    ['later today', WEEKLY, 'UTC', '2026-03-08T02:59:59Z', '2026-03-08T03:00:00.000Z'],
    ['in another zone', WEEKLY, 'Asia/Tokyo', '2026-03-07T17:59:00Z', '2026-03-07T18:00:00.000Z'],
    ['within the hour', '*/20 * * * *', 'UTC', '2026-03-08T10:45:00Z', '2026-03-08T11:00:00.000Z'],
    ['on a leap day', '0 0 29 2 *', 'UTC', '2026-06-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['in a skipped hour', '30 2 * * 0', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00.000Z'],
  ])('%s', (_title, expression, timeZone, now, expected) => {
    const found = nextSlot(expression, timeZone, at(now));
    expect(found === null ? null : new Date(found).toISOString()).toBe(expected);
  });

  it('is none where the day does not come for eight years', () => {
    expect(nextSlot('0 0 29 2 0', 'UTC', at('2032-03-01T00:00:00Z'))).toBeNull();
  });
});

it('takes five fields or a name for a schedule', () => {
  for (const good of [WEEKLY, '@weekly', '*/5 1-3 * * mon,fri']) expect(isSchedule(good)).toBe(true);
  for (const bad of ['weekly', '0 0 3 * * 0', '61 * * * *', '0 0 31 2 *', ''])
    expect(isSchedule(bad)).toBe(false);
});

describe('the scheduler', () => {
  let now: number;
  let ranAt: number[];
  let scheduler: Scheduler;

  /** A job that remembers its runs by the injected clock, like the retrain does. */
  const start = (expression = WEEKLY, timeZone = 'UTC') => {
    const job: Job = {
      name: `test ${Math.random()}`,
      schedule: expression,
      timeZone,
      isDue: (due) => Promise.resolve(ranAt.every((instant) => instant < due)),
      run: async () => {
        ranAt.push(now);
        await Promise.resolve();
      },
    };
    scheduler = startScheduler([job], { log: SILENT, clock: () => now });
    return scheduler.catchUp();
  };
  afterEach(() => scheduler.close());

  it('makes up at the start for a time the machine was off, once', async () => {
    ranAt = [at('2026-03-01T03:00:00Z')];
    now = at('2026-03-09T09:00:00Z');
    await start();
    expect(ranAt).toEqual([expect.any(Number), now]);
    await scheduler.catchUp();
    now += 60_000;
    await scheduler.catchUp();
    expect(ranAt).toHaveLength(2);
  });

  it('has nothing to make up for when the last time was kept, or kept by hand later', async () => {
    for (const kept of ['2026-03-08T03:00:00Z', '2026-03-08T17:00:00Z']) {
      ranAt = [at(kept)];
      now = at('2026-03-09T09:00:00Z');
      await start();
      expect(ranAt).toHaveLength(1);
      await scheduler.close();
    }
  });

  it('does not run twice when the clock is put back an hour', async () => {
    ranAt = [at('2026-03-01T03:00:00Z')];
    now = at('2026-03-08T03:00:01Z');
    await start();
    expect(ranAt).toHaveLength(2);
    now -= 3_600_000;
    await scheduler.catchUp();
    now += 3_600_000;
    await scheduler.catchUp();
    expect(ranAt).toHaveLength(2);
  });

  it.each([
    ['repeated', '2026-10-18T00:30:00Z', '2026-10-25T00:00:00Z', '2026-10-25T06:00:00Z'],
    ['skipped', '2026-03-22T01:30:00Z', '2026-03-29T00:00:00Z', '2026-03-29T06:00:00Z'],
  ])('runs once in a night with a %s hour', async (_title, before, from, to) => {
    ranAt = [at(before)];
    now = at(from);
    await start('30 2 * * 0', 'Europe/Berlin');
    for (; now < at(to); now += 5 * 60_000) await scheduler.catchUp();
    expect(ranAt).toHaveLength(2);
  });

  it('goes on after a job that failed, and tries it again', async () => {
    ranAt = [];
    now = at('2026-03-08T04:00:00Z');
    let tries = 0;
    const failing: Job = {
      ...{ name: 'failing', schedule: WEEKLY, timeZone: 'UTC', isDue: () => Promise.resolve(true) },
      run: () => Promise.reject(new Error(`try ${++tries}`)),
    };
    scheduler = startScheduler([failing], { log: SILENT, clock: () => now });
    await scheduler.catchUp();
    await scheduler.catchUp();
    expect(tries).toBe(2);
  });
});
