/** Adding counters of the same bucket up, whichever database keeps them. */

import type { MetricBucket, MetricCounter } from '../domain/index.js';

export function metricKey({ grain, at, persona }: MetricBucket): string {
  return `${grain}/${at}/${persona}`;
}

/** One bucket per key, with the sums; buckets without a count are left out. */
export function addUp(buckets: readonly MetricBucket[]): MetricBucket[] {
  const sums = new Map<string, MetricBucket & { counters: Partial<Record<MetricCounter, number>> }>();
  for (const bucket of buckets) {
    const key = metricKey(bucket);
    const sum = sums.get(key) ?? { ...bucket, counters: {} };
    for (const [name, by] of Object.entries(bucket.counters) as [MetricCounter, number][]) {
      if (by !== 0) sum.counters[name] = (sum.counters[name] ?? 0) + by;
    }
    sums.set(key, sum);
  }
  return [...sums.values()].filter((bucket) => Object.keys(bucket.counters).length > 0);
}
