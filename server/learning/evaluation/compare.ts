/**
 * Two recommenders judged on the same users and the same held-out likes. The interval is that of the users' own
 * differences (a paired bootstrap), which is far narrower than what two separate intervals would allow to say.
 */

import type { Interval } from './bootstrap.js';
import { bootstrapMean } from './bootstrap.js';
import type { EvaluationInput } from './evaluate.js';
import { evaluate } from './evaluate.js';
import type { MetricName } from './metrics.js';
import { METRIC_NAMES } from './metrics.js';

export interface ComparisonInput extends Omit<EvaluationInput, 'group'> {
  /** The one that is compared with. */
  readonly otherScoresOf: EvaluationInput['scoresOf'];
}

export interface ComparisonOptions {
  readonly seed: number;
  /** Relative loss that is let pass; a negative one asks for a gain. See `isWorse`. */
  readonly tolerance: number;
  readonly maxUsers?: number;
  readonly onProgress?: (fraction: number) => void;
}

export interface Comparison {
  readonly name: MetricName;
  readonly value: number;
  readonly otherValue: number;
  /** Of `value - otherValue`. */
  readonly difference: Interval;
  readonly isWorse: boolean;
}

/** One row per metric. */
export function compareRecommenders(
  { otherScoresOf, ...input }: ComparisonInput,
  { seed, tolerance, maxUsers, onProgress }: ComparisonOptions,
): Comparison[] {
  const ours = evaluate(input, { seed, maxUsers, onProgress: (fraction) => onProgress?.(fraction / 2) });
  const theirs = evaluate(
    { ...input, scoresOf: otherScoresOf },
    { seed, maxUsers, onProgress: (fraction) => onProgress?.(0.5 + fraction / 2) },
  );
  return METRIC_NAMES.map((name) => {
    const others = theirs.perUser[name];
    const difference = bootstrapMean(
      ours.perUser[name].map((value, row) => value - others[row]),
      { seed },
    );
    const otherValue = theirs.overall[name].value;
    return {
      name,
      value: ours.overall[name].value,
      otherValue,
      difference,
      isWorse: isWorse(difference, tolerance * otherValue),
    };
  });
}

/** Whether a difference loses more than `allowed` and, but for asked-for gains (`allowed` < 0), more than chance would. */
export function isWorse(difference: Interval, allowed: number): boolean {
  return difference.value < -allowed && difference.high < Math.max(0, -allowed);
}
