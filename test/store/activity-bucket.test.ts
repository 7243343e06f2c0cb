/** Cutting the record into buckets. */

import { describe, expect, it } from 'vitest';

import { MAX_BUCKET_EVENTS, isoWeek, packHistory } from '../../server/store/activity-bucket.js';
import { packEvents, unpackEvents } from '../../server/store/mongo/event-columns.js';
import { HOUR, NOON, event, userIdOf } from '../contracts/samples.js';

describe('the ISO week of an instant', () => {
  it.each([
    ['2026-02-09T00:00:00Z', '2026-W07'],
    ['2026-02-15T23:59:59.999Z', '2026-W07'],
    ['2026-02-16T00:00:00Z', '2026-W08'],
    // The days around New Year, where week and year part ways (from the examples of ISO 8601).
    ['2005-01-01T12:00:00Z', '2004-W53'],
    ['2007-01-01T12:00:00Z', '2007-W01'],
    ['2008-12-30T12:00:00Z', '2009-W01'],
    ['2010-01-03T12:00:00Z', '2009-W53'],
    ['1970-01-01T00:00:00Z', '1970-W01'],
    ['1969-12-28T00:00:00Z', '1969-W52'],
  ])('%s is %s', (instant, week) => {
    expect(isoWeek(Date.parse(instant))).toBe(week);
  });
});

describe('a whole history', () => {
  it('is packed into full parts in order of time, each under the week of its first event', () => {
    const events = Array.from({ length: 1_001 }, (_, index) =>
      event(`e${index}`, { at: NOON + index * HOUR }),
    );
    const buckets = packHistory(userIdOf(1), [...events].reverse());
    expect(buckets.map((bucket) => bucket.events.length)).toEqual([MAX_BUCKET_EVENTS, MAX_BUCKET_EVENTS, 1]);
    expect(buckets.flatMap((bucket) => bucket.events)).toEqual(events);
    for (const bucket of buckets) expect(bucket.week).toBe(isoWeek(bucket.events[0].at));
  });

  it('numbers the parts of a week with more events than fit', () => {
    const events = Array.from({ length: 1_200 }, (_, index) => event(`e${index}`, { at: NOON + index }));
    const buckets = packHistory(userIdOf(1), events);
    expect(buckets.map(({ week, part }) => [week, part])).toEqual(
      [0, 1, 2].map((part) => ['2026-W07', part]),
    );
  });
});

describe('columns of events', () => {
  it('give back what was packed and leave out what nobody said', () => {
    const events = [event('a', { value: 0, position: 0 }), event('b', { itemId: null, type: 'search' })];
    const packed = packEvents(events);
    expect(unpackEvents(userIdOf(1), packed)).toEqual(events);
    expect(Object.keys(JSON.parse(packed) as object)).toEqual([
      'id',
      'type',
      'itemId',
      'at',
      'value',
      'position',
    ]);
  });
});
