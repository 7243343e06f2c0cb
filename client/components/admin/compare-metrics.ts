/** Two lists of metrics as rows to compare, with what was published for this method. */

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
  /** Left less right. */
  readonly difference: number | null;
  /** Of the left against the right: `same` while their intervals overlap. Null where one, or every interval, is missing. */
  readonly verdict: 'better' | 'worse' | 'same' | null;
  readonly published: number | null;
  /** What the bars of this row are drawn in. */
  readonly range: { readonly low: number; readonly high: number };
}

/** Table I of the paper. */
const PUBLISHED = new Map([
  ['precision@5', 0.78],
  ['recall@10', 0.85],
  ['silhouette', 0.62],
]);

/** Of the value: differences in the third digit are not to look like a world. */
const MIN_MARGIN = 0.03;

/** In the order of the left list, then what only the right one has; each metric before its parts by persona. */
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

/** Wide enough for both intervals and as much again to each side, so that their distance can be seen. */
function rangeOf(left: MetricRow | null, right: MetricRow | null): ComparedMetric['range'] {
  const rows = [left, right].filter((row) => row !== null);
  const low = Math.min(...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high));
  const margin = Math.max((high - low) / 2, Math.abs(high) * MIN_MARGIN) || 1;
  return { low: low - margin, high: high + margin };
}
