/** Counters behind the dashboards. */

export const METRIC_COUNTERS = [
  'impressions',
  'views',
  'clicks',
  'searches',
  'carts',
  'purchases',
  'likes',
  'dislikes',
  'sessions',
  'dwellSeconds',
] as const;
export type MetricCounter = (typeof METRIC_COUNTERS)[number];

export type MetricGrain = 'minute' | 'hour' | 'day';

/** One bucket of counters; `persona` is "none" for users without one. */
export interface MetricBucket {
  readonly grain: MetricGrain;
  /** Start of the bucket, ms since the epoch. */
  readonly at: number;
  readonly persona: string;
  readonly counters: Readonly<Partial<Record<MetricCounter, number>>>;
}
