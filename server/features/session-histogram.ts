/**
 * Histogram of session lengths on a logarithmic scale, so that a percentile can be computed from running counts.
 * Bucket 0 holds lengths below a second; bucket b >= 1 holds [1.5^(b-1), 1.5^b) seconds; the last bucket has no upper
 * bound and starts at about three hours.
 */

const RATIO = 1.5;

/** Number of buckets. */
export const SESSION_BUCKETS = 25;

/** Bucket of a length in seconds. */
export function sessionBucket(seconds: number): number {
  if (seconds < 1) return 0;
  return Math.min(SESSION_BUCKETS - 1, 1 + Math.floor(Math.log(seconds) / Math.log(RATIO)));
}

/** Representative length of a bucket in seconds: 0 for the first bucket, the geometric mean of the bounds otherwise. */
export function bucketSeconds(bucket: number): number {
  return bucket === 0 ? 0 : RATIO ** (bucket - 0.5);
}

/** The smallest bucket with at least `share` (0..1) of all sessions at or below it, in seconds; 0 without sessions. */
export function histogramQuantile(counts: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let b = 0; b < counts.length; b++) total += counts[b];
  let below = 0;
  for (let b = 0; b < counts.length; b++) {
    below += counts[b];
    if (counts[b] > 0 && below >= share * total) return bucketSeconds(b);
  }
  return 0;
}
