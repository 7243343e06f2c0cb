/**
 * Compares two recommenders on the same users and held-out likes. The interval is for the per-user differences (a
 * paired bootstrap), which is far narrower than the difference of two separate intervals.
 */

import type { KernelThreads } from '../kernels/index.js';

import type { Interval } from './bootstrap.js';
import { bootstrapMeans } from './bootstrap.js';
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
  /** As in `EvaluationOptions`. */
  readonly threads?: KernelThreads;
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
  { seed, tolerance, maxUsers, threads, onProgress }: ComparisonOptions,
): Comparison[] {
  const ours = evaluate(input, {
    ...{ seed, maxUsers, threads },
    onProgress: (fraction) => onProgress?.(fraction / 2),
  });
  const theirs = evaluate(
    { ...input, scoresOf: otherScoresOf },
    { seed, maxUsers, threads, onProgress: (fraction) => onProgress?.(0.5 + fraction / 2) },
  );
  const differences = bootstrapMeans(
    METRIC_NAMES.map((name) => ours.perUser[name].map((value, row) => value - theirs.perUser[name][row])),
    { seed },
  );
  return METRIC_NAMES.map((name, m) => {
    const difference = differences[m];
    const otherValue = theirs.overall[name].value;
    return {
      ...{ name, value: ours.overall[name].value, otherValue, difference },
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
