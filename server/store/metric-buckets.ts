/** Adds up metric buckets, for every store implementation. */

import { addCount, emptyCounts } from '../domain/index.js';
import type { Counts, MetricBucket, MetricCounters } from '../domain/index.js';

export function metricKey({ grain, at, persona }: Pick<MetricBucket, 'grain' | 'at' | 'persona'>): string {
  return `${grain}/${at}/${persona}`;
}

/** Sums buckets with the same key. Zero counters and buckets without counters are left out. */
export function addUp(buckets: readonly MetricBucket[]): MetricBucket[] {
  const sums = new Map<string, MetricBucket & { counters: Counts; served: Counts }>();
  for (const bucket of buckets) {
    const key = metricKey(bucket);
    const sum = sums.get(key) ?? { ...bucket, counters: emptyCounts(), served: emptyCounts() };
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

function addTo(sums: Counts, counters: MetricCounters): void {
  for (const [name, by] of Object.entries(counters)) if (by !== 0) addCount(sums, name, by);
}
