/**
 * Divides a day's privacy budget; all published figures take their share from here.
 */

import type { Fraction } from '../../privacy/index.js';

/**
 * Shares of a day's epsilon, which add up to 1. Hours get the largest share because their counts are the smallest. The
 * fractions are powers of two, so that the shares of any epsilon add up to it without rounding.
 */
const BUDGET_SHARES = {
  hour: { numerator: 1, denominator: 2 },
  day: { numerator: 1, denominator: 4 },
  model: { numerator: 1, denominator: 4 },
} as const satisfies Readonly<Record<string, Fraction>>;

type BudgetPart = keyof typeof BUDGET_SHARES;

/** The share of `epsilonPerDay` as a number. */
export function epsilonOf(part: BudgetPart, epsilonPerDay: Fraction): number {
  const { numerator, denominator } = BUDGET_SHARES[part];
  return (toNumber(epsilonPerDay) * numerator) / denominator;
}

/** Scale of discrete Laplace noise for a group of this sensitivity: sensitivity / (epsilon * share). Exact. */
export function noiseScale(part: BudgetPart, epsilonPerDay: Fraction, sensitivity: number): Fraction {
  const share = BUDGET_SHARES[part];
  return {
    numerator: sensitivity * epsilonPerDay.denominator * share.denominator,
    denominator: epsilonPerDay.numerator * share.numerator,
  };
}

/** Standard deviation of discrete Laplace noise of this scale: sqrt(2q) / (1 - q) with q = exp(-1 / scale). */
export function noiseStdDev(scale: Fraction): number {
  const q = Math.exp(-1 / toNumber(scale));
  return Math.sqrt(2 * q) / (1 - q);
}

export function toNumber({ numerator, denominator }: Fraction): number {
  return numerator / denominator;
}
