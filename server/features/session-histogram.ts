/**
 * Session lengths on a logarithmic scale, so that a percentile can be kept as running counts.
 * Bucket 0 holds lengths below one second; bucket b >= 1 holds [1.5^(b-1), 1.5^b) seconds; the last is open to the right
 * and starts at about three hours.
 */

const RATIO = 1.5;

/** Number of buckets. */
export const SESSION_BUCKETS = 25;

/** The bucket a length in seconds falls into. */
export function sessionBucket(seconds: number): number {
  if (seconds < 1) return 0;
  return Math.min(SESSION_BUCKETS - 1, 1 + Math.floor(Math.log(seconds) / Math.log(RATIO)));
}

/** The length in seconds that stands for a bucket: 0 for the first, the geometric mean of the bounds for the others. */
export function bucketSeconds(bucket: number): number {
  return bucket === 0 ? 0 : RATIO ** (bucket - 0.5);
}

/** The smallest bucket at or below which a share (0..1) of all counted sessions lie, in seconds; 0 without sessions. */
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
