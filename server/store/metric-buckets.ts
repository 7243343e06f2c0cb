/** Adding counters of the same bucket up, whichever database keeps them. */

import type { MetricBucket, MetricCounters } from '../domain/index.js';

type Sums = Record<string, number>;

export function metricKey({ grain, at, persona }: Pick<MetricBucket, 'grain' | 'at' | 'persona'>): string {
  return `${grain}/${at}/${persona}`;
}

/** One bucket per key, with the sums; counters of nothing and buckets without a counter are left out. */
export function addUp(buckets: readonly MetricBucket[]): MetricBucket[] {
  const sums = new Map<string, MetricBucket & { counters: Sums; served: Sums }>();
  for (const bucket of buckets) {
    const key = metricKey(bucket);
    const sum = sums.get(key) ?? { ...bucket, counters: {}, served: {} };
    addTo(sum.counters, bucket.counters);
    addTo(sum.served, bucket.served ?? {});
    sums.set(key, sum);
  }
  return [...sums.values()].flatMap(({ served, ...bucket }) => {
    const isServed = Object.keys(served).length > 0;
    if (isServed) return [{ ...bucket, served }];
    return Object.keys(bucket.counters).length > 0 ? [bucket] : [];
  });
}

function addTo(sums: Sums, counters: MetricCounters): void {
  for (const [name, by] of Object.entries(counters)) if (by !== 0) sums[name] = (sums[name] ?? 0) + by;
}
