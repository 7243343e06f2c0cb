/** Figures of a persona put into words and on scales. */

export type Confidence = 'high' | 'fair' | 'low';
export type Direction = 'more' | 'less' | 'same';

/** Least share of users that keep such a persona; `persona.confidenceText` of the locales states the same figures. */
const HIGH = 0.85;
const FAIR = 0.6;
/** Marks nearer than this share of the scale lie on one another. */
const SAME = 0.04;
const ROUND = [1, 2, 2.5, 5, 10];

export function confidenceLevel(confidence: number): Confidence {
  if (confidence >= HIGH) return 'high';
  return confidence >= FAIR ? 'fair' : 'low';
}

/** A round figure no value lies above, at most `limit`; values from 0. */
export function scaleEnd(values: readonly number[], limit: number): number {
  const most = Math.max(...values);
  if (most <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return Math.min(limit, unit * ROUND.find((step) => step * unit >= most)!);
}

/** Where a value lies against that of everybody on a scale that ends at `end`. */
export function directionOf(value: number, everybody: number, end: number): Direction {
  if (Math.abs(value - everybody) < SAME * end) return 'same';
  return value > everybody ? 'more' : 'less';
}
