/** What the overview computes: the verdict, changes against the period before, ranges and time zones. */

import { describe, expect, it } from 'vitest';

import { changeOf } from '../../client/components/admin/kpi-change.js';
import { fromLocalInput, toLocalInput } from '../../client/components/admin/local-input.js';
import { rankChanges } from '../../client/components/admin/rank-changes.js';
import { toCsv } from '../../client/components/charts/chart-table.js';
import { labelledMarks } from '../../client/components/charts/line-option.js';
import { inZone } from '../../client/components/charts/week-zone.js';
import { levelsOf, overallLevel, type StatusFacts } from '../../client/composables/admin/system-status.js';
import { grainOf } from '../../client/composables/admin/useTimeRange.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('The verdict on the system', () => {
  const WELL: StatusFacts = {
    modelVersion: 3,
    lastRunState: 'SUCCEEDED',
    isDrifting: false,
    openAlerts: [],
    errorRate: 0,
    pushP99Ms: 12,
  };
  const verdictOf = (facts: Partial<StatusFacts>) =>
    overallLevel(Object.values(levelsOf({ ...WELL, ...facts })));

  it('is good when every part is, also without requests, pushes or a measurement of drift', () => {
    expect(verdictOf({})).toBe('good');
    expect(verdictOf({ errorRate: null, pushP99Ms: null, isDrifting: null, lastRunState: null })).toBe(
      'good',
    );
  });

  it.each([
    ['warn', { isDrifting: true }],
    ['warn', { openAlerts: ['INFO', 'WARNING'] }],
    ['warn', { lastRunState: 'INTERRUPTED' }],
    ['warn', { errorRate: 0.02 }],
    ['warn', { pushP99Ms: 1_500 }],
    ['bad', { modelVersion: null }],
    ['bad', { openAlerts: ['WARNING', 'CRITICAL'] }],
    ['bad', { lastRunState: 'FAILED' }],
    ['bad', { errorRate: 0.2 }],
    ['bad', { pushP99Ms: 9_000, isDrifting: true }],
  ] as const)('is %s with %o', (expected, facts) => {
    expect(verdictOf(facts as Partial<StatusFacts>)).toBe(expected);
  });
});

describe('The change of a total', () => {
  it('is a share of the total before, and unknown where there was nothing', () => {
    expect(changeOf(150, 100)).toBe(0.5);
    expect(changeOf(0, 100)).toBe(-1);
    expect(changeOf(0, 0)).toBe(0);
    expect(changeOf(5, 0)).toBeNull();
    expect(changeOf(5, null)).toBeNull();
  });

  it('is not a percentage of a period with too little to compare', () => {
    expect(changeOf(30, 20)).toBe(0.5);
    expect(changeOf(30, 19)).toBeNull();
    expect(changeOf(10, 19)).toBeNull();
    expect(changeOf(500, 100)).toBe(4);
    expect(changeOf(501, 100)).toBeNull();
    expect(changeOf(70_000, 10_000)).toBeNull();
  });

  it('of a rate depends on the count behind it', () => {
    expect(changeOf(0.3, 0.2, 20)).toBeCloseTo(0.5);
    expect(changeOf(0.3, 0.2, 19)).toBeNull();
    expect(changeOf(0.3, 0, 100)).toBeNull();
  });
});

describe('A custom range', () => {
  it('has the finest points that are kept and readable', () => {
    const now = Date.UTC(2026, 10, 29);
    const span = (from: number, to: number) => grainOf({ from: now + from, to: now + to }, now);
    expect(span(-2 * HOUR, 0)).toBe('MINUTE');
    expect(span(-5 * DAY, -5 * DAY + HOUR)).toBe('HOUR');
    expect(span(-10 * DAY, 0)).toBe('HOUR');
    expect(span(-50 * DAY, -45 * DAY)).toBe('DAY');
    expect(span(-30 * DAY, 0)).toBe('DAY');
  });

  it('is typed in UTC or in the time zone of the browser', () => {
    const at = Date.UTC(2026, 10, 29, 17, 30);
    expect(toLocalInput(at, true)).toBe('2026-11-29T17:30');
    for (const isUtc of [true, false]) expect(fromLocalInput(toLocalInput(at, isUtc), isUtc)).toBe(at);
    expect(fromLocalInput('', true)).toBeNaN();
  });
});

describe('The hours of the week', () => {
  it('move to the time zone of the page, across midnight and the end of the week', () => {
    const cell = (weekday: number, hour: number) => ({ weekday, hour, events: 1 });
    expect(inZone([cell(7, 23), cell(1, 0)], 2)).toEqual([cell(1, 1), cell(1, 2)]);
    expect(inZone([cell(1, 0)], -5)).toEqual([cell(7, 19)]);
  });
});

describe('The download of a time series', () => {
  it('has stable column names and ISO 8601 times', () => {
    const csv = toCsv({
      columns: [
        { id: 'time', label: 'Zeit', isTime: true, format: String },
        { id: 'clicks', label: 'Klicks', format: String },
      ],
      rows: [[Date.UTC(2026, 10, 29, 3), 4]],
    });
    expect(csv).toBe('\uFEFFtime,clicks\r\n2026-11-29T03:00:00.000Z,4\r\n');
  });
});

describe('Two lists side by side', () => {
  const list = (...ids: string[]) => ids.map((id, place) => ({ rank: place + 1, item: { id } }));

  it('are compared place by place', () => {
    expect(rankChanges(list('a', 'b', 'c', 'd'), list('b', 'a', 'c', 'e')).map(({ by }) => by)).toEqual([
      1,
      -1,
      0,
      null,
    ]);
  });
});

describe('The marks of a chart', () => {
  const mark = (at: number, label: string) => ({ at, label });

  it('keep the latest label of those that would overlap, and all lines', () => {
    const marks = [mark(50 * HOUR, 'Version 2'), mark(50 * HOUR, 'Version 3'), mark(10 * HOUR, 'Version 1')];
    expect(labelledMarks([...marks, mark(52 * HOUR, 'Import')], 100 * HOUR)).toEqual([
      mark(10 * HOUR, 'Version 1'),
      mark(50 * HOUR, ''),
      mark(50 * HOUR, ''),
      mark(52 * HOUR, 'Import'),
    ]);
    expect(labelledMarks([], HOUR)).toEqual([]);
  });

  it('keep every label where there is room', () => {
    const marks = [mark(0, 'Version 1'), mark(20 * HOUR, 'Version 2'), mark(40 * HOUR, 'Version 3')];
    expect(labelledMarks(marks, 100 * HOUR)).toEqual(marks);
  });
});
