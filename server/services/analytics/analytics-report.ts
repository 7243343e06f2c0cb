/**
 * Aggregates counter buckets into the dashboards' report. Pure.
 */

import type {
  AnalyticsReport,
  AnalyticsTotals,
  Counts,
  CtrPoint,
  EngagementPoint,
  HourWeekdayCell,
  MetricBucket,
  MetricGrain,
  PersonaCategoryCell,
  PersonaSeries,
  QualityPoint,
} from '../../domain/index.js';
import { GRAIN_MS, addCount, emptyCounts } from '../../domain/index.js';
import { MAX_POSITION, actsIn, atPosition } from '../../features/index.js';
import { fitPropensities } from '../../learning/index.js';

/** Maximum number of categories in the heatmap. */
const MAX_CATEGORIES = 30;
const N_POSITIONS = MAX_POSITION + 1;

export interface Span {
  /** Start of the first point, ms since the epoch. */
  readonly from: number;
  /** End of the last point, exclusive. */
  readonly to: number;
  readonly grain: MetricGrain;
}

/** A bucket with its recorded and served counts added up. */
interface Row {
  readonly at: number;
  readonly persona: string;
  readonly counts: Counts;
}

/** `personaIds` appear in this order, even without buckets, followed by other personas. */
export function buildReport(
  { from, to, grain }: Span,
  buckets: readonly MetricBucket[],
  personaIds: readonly string[],
): Omit<AnalyticsReport, 'privacy'> {
  const rows = buckets.map(({ at, persona, counters, served = {} }) => ({
    at,
    persona,
    counts: sumCounts([counters, served] as Counts[]),
  }));
  const times = Array.from({ length: (to - from) / GRAIN_MS[grain] }, (_, i) => from + i * GRAIN_MS[grain]);
  const personas = [...new Set([...personaIds, ...rows.map((row) => row.persona)])];
  return {
    ...{ from, to, grain },
    totals: totalsOf(rows),
    ctr: ctrSeries(rows, times, personas),
    engagement: engagement(rows, times),
    personaCategory: personaCategories(rows, personas),
    hourWeekday: hoursOfWeek(rows, grain),
    quality: quality(rows, times),
  };
}

/**
 * Clicks that can be related to an impression. Clicks without a position count only up to the number of impressions
 * without a position.
 */
function countedClicks(counts: Counts): number {
  const placed = counts['placedClicks'] ?? 0;
  const looseImpressions = (counts['impressions'] ?? 0) - (counts['placedImpressions'] ?? 0);
  const looseClicks = (counts['clicks'] ?? 0) - placed - (counts['repeatedClicks'] ?? 0);
  return placed + Math.max(0, Math.min(looseClicks, looseImpressions));
}

/**
 * Shows cells below `below` as 0: noisy counts may be negative, and small counts are mostly noise. Rates of a
 * suppressed cell are null, its share is 0.
 */
export function suppressSmall<T extends Omit<AnalyticsReport, 'privacy'>>(
  report: T,
  below: number,
): T & { suppressedCells: number } {
  let suppressedCells = 0;
  const shown = (count: number) => {
    if (count >= below) return count;
    if (count !== 0) suppressedCells += 1;
    return 0;
  };
  const cells = report.personaCategory.map((cell) => ({ ...cell, events: shown(cell.events) }));
  const totals = new Map<string, number>();
  for (const { personaId, events } of cells) totals.set(personaId, (totals.get(personaId) ?? 0) + events);
  return {
    ...report,
    totals: shownTotals(report.totals, shown),
    ctr: report.ctr.map((series) => ({
      ...series,
      points: series.points.map((point) => {
        const impressions = shown(point.impressions);
        if (impressions === 0) return { ...point, impressions, clicks: 0, ctr: null, adjustedCtr: null };
        // Noise can produce more clicks than impressions, and charts would show a ratio above 1.
        const clicks = Math.min(impressions, shown(point.clicks));
        return { ...point, impressions, clicks, ctr: clicks / impressions };
      }),
    })),
    engagement: report.engagement.map((point) => {
      const events = shown(point.events);
      const meanDwellSeconds = point.meanDwellSeconds === null ? null : Math.max(0, point.meanDwellSeconds);
      const likes = shown(point.likes);
      const dislikes = shown(point.dislikes);
      return {
        at: point.at,
        sessions: shown(point.sessions),
        events,
        meanDwellSeconds: events === 0 ? null : meanDwellSeconds,
        searches: shown(point.searches),
        clicks: shown(point.clicks),
        purchases: shown(point.purchases),
        likes,
        dislikes,
        feedbackRate: events === 0 ? null : Math.min(1, (likes + dislikes) / events),
      };
    }),
    personaCategory: cells.map((cell) => {
      const total = totals.get(cell.personaId) ?? 0;
      return { ...cell, share: total > 0 ? cell.events / total : 0 };
    }),
    hourWeekday: report.hourWeekday.map((cell) => ({ ...cell, events: shown(cell.events) })),
    suppressedCells,
  };
}

function totalsOf(rows: readonly Row[]): AnalyticsTotals {
  const counts = sumCounts(rows.map((row) => row.counts));
  const impressions = counts['impressions'] ?? 0;
  const clicks = rows.reduce((sum, row) => sum + countedClicks(row.counts), 0);
  return {
    ...{ impressions, clicks, ctr: rateOf(clicks, impressions) },
    sessions: counts['sessions'] ?? 0,
    events: actsIn(counts),
    likes: counts['likes'] ?? 0,
    dislikes: counts['dislikes'] ?? 0,
    purchases: counts['purchases'] ?? 0,
  };
}

function shownTotals(totals: AnalyticsTotals, shown: (count: number) => number): AnalyticsTotals {
  const impressions = shown(totals.impressions);
  const clicks = Math.min(impressions, shown(totals.clicks));
  return {
    ...{ impressions, clicks, ctr: rateOf(clicks, impressions) },
    sessions: shown(totals.sessions),
    events: shown(totals.events),
    likes: shown(totals.likes),
    dislikes: shown(totals.dislikes),
    purchases: shown(totals.purchases),
  };
}

function rateOf(clicks: number, impressions: number): number | null {
  return impressions > 0 ? Math.min(1, clicks / impressions) : null;
}

export function clickRate(counts: Counts): number | null {
  const impressions = counts['impressions'] ?? 0;
  return impressions > 0 ? Math.min(1, countedClicks(counts) / impressions) : null;
}

function ctrSeries(
  rows: readonly Row[],
  times: readonly number[],
  personas: readonly string[],
): PersonaSeries[] {
  const propensities = propensitiesOf(rows, personas);
  const found = new Map(rows.map((row) => [`${row.persona}/${row.at}`, row.counts]));
  return personas.map((personaId) => ({
    personaId,
    points: times.map((at): CtrPoint => {
      const counts = found.get(`${personaId}/${at}`) ?? {};
      return {
        at,
        impressions: counts['impressions'] ?? 0,
        clicks: countedClicks(counts),
        ctr: clickRate(counts),
        adjustedCtr: propensities === null ? null : adjustedRate(counts, propensities),
      };
    }),
  }));
}

function propensitiesOf(rows: readonly Row[], personas: readonly string[]): Float64Array | null {
  const impressions = new Float64Array(personas.length * N_POSITIONS);
  const clicks = new Float64Array(personas.length * N_POSITIONS);
  const groupOf = new Map(personas.map((persona, group) => [persona, group]));
  for (const { persona, counts } of rows) {
    const start = groupOf.get(persona)! * N_POSITIONS;
    for (let position = 0; position < N_POSITIONS; position++) {
      impressions[start + position] += counts[atPosition('impressions', position)] ?? 0;
      clicks[start + position] += counts[atPosition('clicks', position)] ?? 0;
    }
  }
  // With noise, sums may be below 0.
  const atLeast0 = (sums: Float64Array) => sums.map((sum) => Math.max(0, sum));
  return fitPropensities(atLeast0(impressions), atLeast0(clicks), N_POSITIONS);
}

function adjustedRate(counts: Counts, propensities: Float64Array): number | null {
  let impressions = 0;
  let clicks = 0;
  for (let position = 0; position < N_POSITIONS; position++) {
    impressions += counts[atPosition('impressions', position)] ?? 0;
    clicks += (counts[atPosition('clicks', position)] ?? 0) / propensities[position];
  }
  return impressions > 0 ? Math.min(1, Math.max(0, clicks / impressions)) : null;
}

function engagement(rows: readonly Row[], times: readonly number[]): EngagementPoint[] {
  const byTime = groupSums(rows, (row) => row.at);
  return times.map((at) => {
    const counts = byTime.get(at) ?? {};
    const count = (name: string) => counts[name] ?? 0;
    const events = actsIn(counts);
    return {
      at,
      sessions: count('sessions'),
      events,
      meanDwellSeconds: count('dwells') > 0 ? count('dwellSeconds') / count('dwells') : null,
      searches: count('searches'),
      clicks: count('clicks'),
      purchases: count('purchases'),
      likes: count('likes'),
      dislikes: count('dislikes'),
      feedbackRate: events > 0 ? Math.min(1, (count('likes') + count('dislikes')) / events) : null,
    };
  });
}

function personaCategories(rows: readonly Row[], personas: readonly string[]): PersonaCategoryCell[] {
  const byPersona = groupSums(rows, (row) => row.persona);
  const totals = dimension(sumCounts([...byPersona.values()]), 'category');
  const categories = [...totals]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MAX_CATEGORIES)
    .map(([category]) => category);
  return personas.flatMap((personaId) => {
    const own = dimension(byPersona.get(personaId) ?? {}, 'category');
    const total = [...own.values()].reduce((sum, count) => sum + count, 0);
    return categories.map((category) => {
      const events = own.get(category) ?? 0;
      return { personaId, category, events, share: total > 0 ? events / total : 0 };
    });
  });
}

/** 1 January 1970 was a Thursday, day 4 of the week. */
function hoursOfWeek(rows: readonly Row[], grain: MetricGrain): HourWeekdayCell[] {
  const cells = new Array<number>(7 * 24).fill(0);
  for (const { at, counts } of rows) {
    const weekday = (Math.floor(at / GRAIN_MS.day) + 3) % 7;
    if (grain === 'day') {
      for (const [hour, events] of dimension(counts, 'hour')) cells[weekday * 24 + Number(hour)] += events;
    } else cells[weekday * 24 + (Math.floor(at / GRAIN_MS.hour) % 24)] += actsIn(counts);
  }
  return cells.map((events, cell) => ({ weekday: Math.floor(cell / 24) + 1, hour: cell % 24, events }));
}

function quality(rows: readonly Row[], times: readonly number[]): QualityPoint[] {
  const byTime = groupSums(rows, (row) => row.at);
  return times.flatMap((at) => {
    const counts = byTime.get(at) ?? {};
    const hits = dimension(counts, 'hits');
    const misses = dimension(counts, 'misses');
    const percentiles = dimension(counts, 'percentiles');
    const versions = [...new Set([...hits.keys(), ...misses.keys()])].sort((a, b) => Number(a) - Number(b));
    return versions.flatMap((version): QualityPoint[] => {
      const thumbs = (hits.get(version) ?? 0) + (misses.get(version) ?? 0);
      if (thumbs === 0) return [];
      const sum = percentiles.get(version);
      return [
        {
          ...{ at, modelVersion: Number(version), thumbs },
          hits: hits.get(version) ?? 0,
          hitRate: (hits.get(version) ?? 0) / thumbs,
          meanPercentile: sum === undefined ? null : sum / thumbs,
        },
      ];
    });
  });
}

/** The counters of a dimension, by its values. */
function dimension(counts: Counts, name: 'category' | 'hour' | 'hits' | 'misses' | 'percentiles') {
  const prefix = `${name}@`;
  return new Map(
    Object.entries(counts).flatMap(([key, count]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), count] as const] : [],
    ),
  );
}

export function sumCounts(parts: readonly Readonly<Counts>[]): Counts {
  const sums = emptyCounts();
  for (const part of parts) {
    for (const [name, count] of Object.entries(part)) addCount(sums, name, count);
  }
  return sums;
}

function groupSums<K>(rows: readonly Row[], keyOf: (row: Row) => K): Map<K, Counts> {
  const groups = new Map<K, Counts[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row.counts]);
  return new Map([...groups].map(([key, parts]) => [key, sumCounts(parts)]));
}
