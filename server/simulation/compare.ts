/** Compares two arms: a paired difference with a bootstrap interval over users (Efron 1979). */

import { createRandom } from '../learning/index.js';

import type { ArmResult } from './tally.js';

const N_RESAMPLES = 2_000;

export interface Difference {
  readonly value: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** A ratio of sums over users, such as clicks to impressions. */
export interface Ratio {
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
}

export const ctrOf = ({ perUser }: ArmResult): Ratio => ({
  numerator: perUser.clicks,
  denominator: perUser.impressions,
});

/**
 * The expected click-through rate given the shown lists: the same mean with less variance, so a sharper comparison
 * (Rao-Blackwell: a conditional expectation of an estimate varies less than the estimate).
 */
export const expectedCtrOf = ({ perUser }: ArmResult): Ratio => ({
  numerator: perUser.expectedClicks,
  denominator: perUser.expectedImpressions,
});

export const precisionOf = ({ perUser }: ArmResult): Ratio => ({
  numerator: perUser.precision,
  denominator: perUser.lists,
});

export function ratio({ numerator, denominator }: Ratio): number {
  return quotient(sum(numerator), sum(denominator));
}

/** `a` minus `b`; each resample draws users, together with their figures in both arms. */
export function difference(a: Ratio, b: Ratio, seed: number): Difference {
  const nUsers = a.numerator.length;
  const random = createRandom(seed);
  const values = new Float64Array(N_RESAMPLES);
  for (let resample = 0; resample < N_RESAMPLES; resample++) {
    const sums = [0, 0, 0, 0];
    for (let draw = 0; draw < nUsers; draw++) {
      const user = random.int(nUsers);
      sums[0] += a.numerator[user];
      sums[1] += a.denominator[user];
      sums[2] += b.numerator[user];
      sums[3] += b.denominator[user];
    }
    values[resample] = quotient(sums[0], sums[1]) - quotient(sums[2], sums[3]);
  }
  values.sort();
  const at = (share: number) => values[Math.floor(share * (N_RESAMPLES - 1))];
  return { value: ratio(a) - ratio(b), low: at(0.025), high: at(0.975) };
}

function quotient(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
