/** Events added up into buckets: each once, in every grain that is kept. */

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent, MetricBucket } from '../../server/domain/index.js';
import { MetricTally, repeatedClicks } from '../../server/features/index.js';
import { event } from '../contracts/samples.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 1, 9, 12, 30);

function bucketsOf(events: readonly BehaviourEvent[]): MetricBucket[] {
  const tally = new MetricTally({ categoryOf: () => 'books' }, NOW);
  tally.addEvents({ persona: 'none', events, session: null, repeats: repeatedClicks(events) });
  return tally.take();
}

describe('the tally of metrics', () => {
  it('counts an act of today by minute, hour and day, one of last week by hour and day, an old one by day', () => {
    const grains = (at: number) => bucketsOf([event('a', { at })]).map(({ grain }) => grain);
    expect(grains(NOW)).toEqual(['minute', 'hour', 'day']);
    expect(grains(NOW - 7 * DAY)).toEqual(['hour', 'day']);
    expect(grains(NOW - 100 * DAY)).toEqual(['day']);
    const [old] = bucketsOf([event('a', { at: NOW - 100 * DAY })]);
    expect(old.counters['hour@12']).toBe(1);
  });

  it('leaves out events of unknown time', () => {
    expect(bucketsOf([event('a', { at: 5 })])).toEqual([]);
  });

  it('counts a click on an item once per list, and bounds what one stay can add', () => {
    const click = { at: NOW, listId: 'l', position: 2, value: 90_000 } as const;
    const [{ counters }] = bucketsOf([
      event('a', click),
      event('b', click),
      event('c', { ...click, listId: 'm' }),
    ]);
    expect(counters).toMatchObject({ clicks: 3, placedClicks: 2, repeatedClicks: 1, 'clicks@2': 2 });
    expect(counters).toMatchObject({ dwells: 3, dwellSeconds: 3 * 1_800, 'category@books': 3, sessions: 1 });
  });

  it('counts impressions as reported, but not those in lists of this system', () => {
    const impression = { at: NOW, type: 'impression', position: 99 } as const;
    const [{ counters }] = bucketsOf([
      event('a', impression),
      event('b', { ...impression, listId: 'sp-1' }),
      event('c', { ...impression, position: null }),
    ]);
    expect(counters).toMatchObject({ impressions: 2, placedImpressions: 1, 'impressions@50': 1 });
    expect(counters['category@books']).toBeUndefined();
  });

  it('begins a session after a pause, and keeps what was served apart', () => {
    const [{ counters }] = bucketsOf([
      event('a', { at: NOW - 2 * DAY + 1 }),
      event('b', { at: NOW - 2 * DAY + 2 }),
    ]);
    expect(counters['sessions']).toBe(1);
    const tally = new MetricTally({ categoryOf: () => null }, NOW);
    tally.addShown('buyer', NOW, 2);
    tally.addJudged('buyer', NOW, { modelVersion: 3, isHit: true, percentile: 0.25 });
    expect(tally.take()[0]).toMatchObject({
      persona: 'buyer',
      counters: {},
      served: {
        impressions: 2,
        placedImpressions: 2,
        'impressions@1': 1,
        'hits@3': 1,
        'percentiles@3': 0.25,
      },
    });
    expect(tally.isEmpty).toBe(true);
  });
});
