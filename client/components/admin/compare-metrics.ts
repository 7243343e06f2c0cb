/** Joins two lists of metrics into rows to compare, with the published figures for this method. */

export interface MetricRow {
  readonly name: string;
  readonly value: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

export interface ComparedMetric {
  /** Its name without the persona, such as "precision@5". */
  readonly metric: string;
  /** Null for all users together. */
  readonly personaId: string | null;
  readonly left: MetricRow | null;
  readonly right: MetricRow | null;
  /** Left minus right. */
  readonly difference: number | null;
  /** Left against right: `same` while the intervals overlap. Null if a side, or every interval, is missing. */
  readonly verdict: 'better' | 'worse' | 'same' | null;
  readonly published: number | null;
  /** Range of the axis of this row. */
  readonly range: { readonly low: number; readonly high: number };
}

/** Table I of the paper. */
const PUBLISHED = new Map([
  ['precision@5', 0.78],
  ['recall@10', 0.85],
  ['silhouette', 0.62],
]);

/** Smallest margin, as a share of the value, so that differences in the third digit do not look large. */
const MIN_MARGIN = 0.03;

/** Ordered as the left list, then metrics that only the right list has; each metric before its values by persona. */
export function compareMetrics(left: readonly MetricRow[], right: readonly MetricRow[]): ComparedMetric[] {
  const names = [...new Set([...left, ...right].map(({ name }) => name))];
  const find = (rows: readonly MetricRow[], name: string) => rows.find((row) => row.name === name) ?? null;
  const rows = names.map((name) => toRow(name, find(left, name), find(right, name)));
  const wholes = rows.filter(({ personaId }) => personaId === null);
  const ofWhole = (metric: string) => rows.filter((row) => row.personaId !== null && row.metric === metric);
  const strays = rows.filter(
    (row) => row.personaId !== null && !wholes.some(({ metric }) => metric === row.metric),
  );
  return [...wholes.flatMap((row) => [row, ...ofWhole(row.metric)]), ...strays];
}

function toRow(name: string, left: MetricRow | null, right: MetricRow | null): ComparedMetric {
  const [metric = name, personaId = null] = name.split('/');
  const both = left !== null && right !== null;
  const hasInterval = both && (left.high > left.low || right.high > right.low);
  const verdict = !hasInterval
    ? null
    : left.low > right.high
      ? 'better'
      : left.high < right.low
        ? 'worse'
        : 'same';
  return {
    metric,
    personaId,
    left,
    right,
    difference: both ? left.value - right.value : null,
    verdict,
    published: personaId === null ? (PUBLISHED.get(metric) ?? null) : null,
    range: rangeOf(left, right),
  };
}

/** Covers both intervals and as much again on each side, so that their distance is visible. */
function rangeOf(left: MetricRow | null, right: MetricRow | null): ComparedMetric['range'] {
  const rows = [left, right].filter((row) => row !== null);
  const low = Math.min(...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high));
  const margin = Math.max((high - low) / 2, Math.abs(high) * MIN_MARGIN) || 1;
  return { low: low - margin, high: high + margin };
}
