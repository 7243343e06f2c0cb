/** The report of the dashboards: every ratio is one, whatever the counters say. */

import { describe, expect, it } from 'vitest';

import type { MetricBucket } from '../../../server/domain/index.js';
import { createRandom } from '../../../server/learning/index.js';
import { buildReport, suppressSmall } from '../../../server/services/analytics/analytics-report.js';

const HOUR = 3_600_000;
const N_HOURS = 24;
const SPAN = { grain: 'hour', from: 0, to: N_HOURS * HOUR } as const;
const PERSONAS = ['buyer', 'none'];
const COUNTERS = ['impressions', 'placedImpressions', 'views', 'clicks', 'placedClicks', 'repeatedClicks'];
const OTHERS = [
  'likes',
  'dislikes',
  'sessions',
  'dwells',
  'dwellSeconds',
  'purchases',
  'category@a',
  'category@b',
];
const PLACED = ['impressions@0', 'impressions@1', 'clicks@0', 'clicks@1'];

/** Counters from -60 to 60, as small counts with noise on them are. */
function noisyBuckets(seed: number): MetricBucket[] {
  const random = createRandom(seed);
  return PERSONAS.flatMap((persona) =>
    Array.from({ length: N_HOURS }, (_, hour) => ({
      ...{ grain: 'hour' as const, at: hour * HOUR, persona },
      counters: Object.fromEntries(
        [...COUNTERS, ...OTHERS, ...PLACED].map((name) => [name, Math.round(random.next() * 120 - 60)]),
      ),
    })),
  );
}

describe('a report from noisy counters', () => {
  it('has every ratio within 0 and 1, and no count below 0', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const report = suppressSmall(buildReport(SPAN, noisyBuckets(seed), PERSONAS), 10);
      const points = report.ctr.flatMap((series) => series.points);
      const ratios = [
        ...points.flatMap(({ ctr, adjustedCtr }) => [ctr, adjustedCtr]),
        ...report.engagement.map(({ feedbackRate }) => feedbackRate),
        ...report.personaCategory.map(({ share }) => share),
        // A chart pools neighbouring points.
        ...points.map(({ clicks, impressions }) => (impressions === 0 ? null : clicks / impressions)),
      ].filter((ratio) => ratio !== null);
      expect(ratios.length).toBeGreaterThan(0);
      expect(Math.min(...ratios)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
      const counts = report.engagement.flatMap(({ events, likes, clicks, sessions }) => [
        events,
        likes,
        clicks,
        sessions,
      ]);
      expect(Math.min(...counts, ...points.map(({ clicks }) => clicks))).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('the totals of a report', () => {
  const bucket = (hour: number, persona: string, counters: Record<string, number>): MetricBucket => ({
    ...{ grain: 'hour', at: hour * HOUR, persona, counters },
  });

  it('are the sums of its points', () => {
    const report = buildReport(
      SPAN,
      [
        bucket(1, 'buyer', { impressions: 40, clicks: 4, sessions: 2, purchases: 1, likes: 3 }),
        bucket(2, 'none', { impressions: 60, clicks: 70, views: 5, dislikes: 1 }),
      ],
      PERSONAS,
    );
    const clicks = report.ctr.flatMap(({ points }) => points).reduce((sum, point) => sum + point.clicks, 0);
    expect(clicks).toBe(64);
    expect(report.totals).toEqual({
      ...{ impressions: 100, clicks, ctr: 0.64, sessions: 2 },
      ...{ events: 84, likes: 3, dislikes: 1, purchases: 1 },
    });
  });

  it('have no rate without an impression, and hide small noisy sums', () => {
    const report = buildReport(SPAN, [bucket(1, 'buyer', { likes: 4, views: 40 })], PERSONAS);
    expect(report.totals.ctr).toBeNull();
    expect(suppressSmall(report, 10).totals).toMatchObject({ likes: 0, events: 44 });
  });
});
