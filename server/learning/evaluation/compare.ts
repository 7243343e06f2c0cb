/**
 * Compares two recommenders on the same users and held-out likes. The interval is for the per-user differences (a
 * paired bootstrap), which is far narrower than the difference of two separate intervals.
 */

import type { Interval } from './bootstrap.js';
import { bootstrapMean } from './bootstrap.js';
import type { EvaluationInput } from './evaluate.js';
import { evaluate } from './evaluate.js';
import type { MetricName } from './metrics.js';
import { METRIC_NAMES } from './metrics.js';

export interface ComparisonInput extends Omit<EvaluationInput, 'group'> {
  /** Scores of the baseline. */
  readonly otherScoresOf: EvaluationInput['scoresOf'];
}

export interface ComparisonOptions {
  readonly seed: number;
  /** Tolerated relative loss; a negative tolerance requires a gain. See `isWorse`. */
  readonly tolerance: number;
  readonly maxUsers?: number;
  readonly onProgress?: (fraction: number) => void;
}

export interface Comparison {
  readonly name: MetricName;
  readonly value: number;
  readonly otherValue: number;
  /** Interval of `value - otherValue`. */
  readonly difference: Interval;
  readonly isWorse: boolean;
}

/** A row per metric. */
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

/**
 * Whether the loss exceeds `allowed` and is significant. For a required gain (`allowed` < 0): whether the interval is
 * entirely below it.
 */
export function isWorse(difference: Interval, allowed: number): boolean {
  return difference.value < -allowed && difference.high < Math.max(0, -allowed);
}
