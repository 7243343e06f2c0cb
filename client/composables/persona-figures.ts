/** Turns figures of a persona into words and scales. */

export type Confidence = 'high' | 'fair' | 'low';
export type Direction = 'more' | 'less' | 'same';

/** Thresholds of the confidence levels; `persona.confidenceText` of the locales states the same figures. */
const HIGH = 0.85;
const FAIR = 0.6;
/** Marks closer than this share of the scale overlap. */
const SAME = 0.04;
const ROUND = [1, 2, 2.5, 5, 10];

export function confidenceLevel(confidence: number): Confidence {
  if (confidence >= HIGH) return 'high';
  return confidence >= FAIR ? 'fair' : 'low';
}

/** The smallest round number not below any value, at most `limit`. Values are not negative. */
export function scaleEnd(values: readonly number[], limit: number): number {
  const most = Math.max(...values);
  if (most <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return Math.min(limit, unit * ROUND.find((step) => step * unit >= most)!);
}

/** Compares a value with the overall mean on a scale that ends at `end`. */
export function directionOf(value: number, everybody: number, end: number): Direction {
  if (Math.abs(value - everybody) < SAME * end) return 'same';
  return value > everybody ? 'more' : 'less';
}
