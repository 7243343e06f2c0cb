/** What the admin pages compute by themselves before they draw it. */

import { describe, expect, it } from 'vitest';

import { compareMetrics } from '../../client/components/admin/compare-metrics.js';
import { toCsv } from '../../client/components/charts/chart-table.js';
import { pointsByPersona, summarizeArea } from '../../client/components/charts/cluster-points.js';
import { axisEnd, mostTelling } from '../../client/components/charts/features.js';
import { poolPoints } from '../../client/components/charts/pool-points.js';
import { isAnswerTo } from '../../client/composables/admin/analytics-range.js';
import { readProgress } from '../../client/composables/admin/import-progress.js';
import { personaPlaces } from '../../client/composables/admin/persona-places.js';

describe('The download of a chart', () => {
  it('quotes where needed, leaves unknown values empty, and escapes formulas', () => {
    const csv = toCsv({
      columns: [{ label: 'name' }, { label: 'value' }],
      rows: [
        ['a, "b"', 1.5],
        ['=1+1', null],
      ],
    });
    expect(csv).toBe('\uFEFFname,value\r\n"a, ""b""",1.5\r\n\'=1+1,\r\n');
  });
});

describe('The map of users', () => {
  const map = {
    x: [0, 1, 2, 9],
    y: [0, 1, 2, 9],
    persona: [1, 0, 1, 7],
    silhouette: [0.5, 0.2, 0.3, 1],
  };

  it('groups the points by persona and keeps their indices', () => {
    const [first, second] = pointsByPersona(map, 2);
    expect([...first!.points]).toEqual([1, 1]);
    expect([...second!.points]).toEqual([0, 0, 2, 2]);
    expect([...second!.indices]).toEqual([0, 2]);
  });

  it('summarises an area dragged in any direction', () => {
    const area = { x: [1.5, -0.5], y: [-0.5, 1.5] } as const;
    expect(summarizeArea(map, area, 2)).toEqual({ count: 2, counts: [1, 1], silhouette: 0.35 });
    expect(summarizeArea(map, { x: [5, 6], y: [5, 6] }, 2)).toEqual({
      count: 0,
      counts: [0, 0],
      silhouette: 0,
    });
  });
});

describe('The colours of personas', () => {
  it('are the same for the same persona, regardless of the other personas', () => {
    const all = personaPlaces(['seeker', 'p-9', 'buyer', 'p-2']);
    expect([all.get('seeker'), all.get('buyer')]).toEqual([0, 2]);
    expect(personaPlaces(['p-2', 'buyer', 'p-9', 'seeker'])).toEqual(all);
    expect(new Set(all.values()).size).toBe(4);
  });
});

describe('Points of a click-through rate', () => {
  const point = (hour: number, impressions: number, clicks: number, adjustedCtr: number | null = null) => ({
    at: `2026-03-01T0${hour}:00:00.000Z`,
    impressions,
    clicks,
    adjustedCtr,
  });

  it('are pooled until there are enough impressions; the newest may have fewer', () => {
    const pooled = poolPoints([point(0, 6, 3, 0.5), point(1, 0, 0), point(2, 6, 0, 1), point(3, 2, 1)], 10);
    expect(pooled).toEqual([
      { at: Date.parse('2026-03-01T02:00:00.000Z'), impressions: 12, ctr: 0.25, adjustedCtr: 0.75 },
      { at: Date.parse('2026-03-01T03:00:00.000Z'), impressions: 2, ctr: 0.5, adjustedCtr: null },
    ]);
    expect(poolPoints([], 10)).toEqual([]);
  });

  it('are pooled until their noise is small against the impressions; the remainder is left out', () => {
    const points = [0, 1, 2, 3, 4, 5].map((hour) => point(hour, 600, 60));
    // One point has 10 of noise on 600: small. Ten times as much takes more than the six points there are.
    expect(poolPoints(points, 50, 10)).toHaveLength(6);
    expect(poolPoints(points, 50, 100)).toEqual([]);
    // 40 times the root of two is below 5 % of 1,200, 40 itself is above 5 % of 600.
    const pooled = poolPoints([...points, point(6, 600, 60)], 50, 40);
    expect(pooled.map(({ impressions }) => impressions)).toEqual([1_200, 1_200, 1_200]);
  });

  it('stay between 0 and 1 where noise gives more clicks than impressions', () => {
    const points = [point(0, 10, 40), point(1, 0, 12), point(2, 12, 0), point(3, 30, 90)];
    for (const { ctr } of poolPoints(points, 20)) {
      expect(ctr).toBeGreaterThanOrEqual(0);
      expect(ctr).toBeLessThanOrEqual(1);
    }
  });
});

describe('Figures of a range', () => {
  const HOUR = 3_600_000;
  const range = (grain: 'MINUTE' | 'HOUR' | 'DAY', from: number, to: number) => ({
    grain,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
  const now = Date.parse('2026-03-08T10:17:30Z');
  const day = range('HOUR', now - 24 * HOUR, now);

  it('belong to the requested range, rounded out to whole points', () => {
    const start = Date.parse('2026-03-07T10:00:00Z');
    expect(isAnswerTo(day, range('HOUR', start, start + 25 * HOUR))).toBe(true);
    expect(isAnswerTo(day, range('HOUR', start - HOUR, start + 24 * HOUR))).toBe(true);
  });

  it('do not belong to a range of a different length or grain', () => {
    expect(isAnswerTo(day, range('HOUR', now - 7 * 24 * HOUR, now))).toBe(false);
    expect(isAnswerTo(range('HOUR', now - 7 * 24 * HOUR, now), day)).toBe(false);
    expect(isAnswerTo(day, range('MINUTE', now - 24 * HOUR, now))).toBe(false);
  });
});

describe('Two versions side by side', () => {
  const metric = (name: string, value: number, half: number) => ({
    name,
    value,
    low: value - half,
    high: value + half,
  });

  it('differ clearly only if their intervals do not overlap', () => {
    const rows = compareMetrics(
      [metric('precision@5', 0.8, 0.01), metric('auc', 0.9, 0.05), metric('silhouette', 0.7, 0)],
      [metric('precision@5', 0.7, 0.01), metric('auc', 0.88, 0.05), metric('silhouette', 0.6, 0)],
    );
    expect(rows.map(({ metric: name, verdict }) => [name, verdict])).toEqual([
      ['precision@5', 'better'],
      ['auc', 'same'],
      ['silhouette', null],
    ]);
    expect(rows[0]!.difference).toBeCloseTo(0.1);
    expect(rows.map(({ published }) => published)).toEqual([0.78, null, 0.62]);
  });

  it('list figures by persona below the figure of all users, and include metrics of a single side', () => {
    const rows = compareMetrics(
      [metric('recall@10', 0.8, 0.1), metric('auc', 0.9, 0.1), metric('recall@10/buyer', 0.7, 0.1)],
      [metric('coverage@10', 1, 0)],
    );
    expect(rows.map(({ metric: name, personaId }) => `${name} ${personaId}`)).toEqual([
      'recall@10 null',
      'recall@10 buyer',
      'auc null',
      'coverage@10 null',
    ]);
    expect(rows.every(({ verdict, difference }) => verdict === null && difference === null)).toBe(true);
  });
});

describe('The profile of personas', () => {
  it('starts with the features that differ most, and leaves out codes', () => {
    const centroid = (carts: number, visits: number, device: number) => [
      { feature: 'visits', value: visits },
      { feature: 'carts', value: carts },
      { feature: 'device', value: device },
    ];
    expect(mostTelling([centroid(0, 8, 1), centroid(2, 10, 9)])).toEqual(['carts', 'visits']);
  });

  it('has axes that end at a round number', () => {
    expect([0.13, 87, 100, 0, 4.2].map(axisEnd)).toEqual([0.2, 100, 100, 1, 5]);
  });
});

describe('The answer of an import', () => {
  it('is parsed while it grows, up to the last complete line', () => {
    const text =
      '{"type":"progress","fraction":0.1,"rows":5}\n{"type":"progress","fraction":0.5,"rows":9}\n{"type":"rep';
    expect(readProgress(text)).toEqual({
      ...{ fraction: 0.5, rows: 9 },
      ...{ report: null, preview: null, error: null },
    });
    expect(readProgress(`${text}ort","report":{"read":12}}\n`)).toMatchObject({
      rows: 12,
      report: { read: 12 },
    });
    expect(readProgress('{"errors":[{"message":"No."}]}').error).toBe('No.');
  });
});
