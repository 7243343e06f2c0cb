/** The accountant beside the figures of dp-accounting, and its properties. */

import { describe, expect, it } from 'vitest';

import { gaussianDeviation, gaussianEpsilon, gaussianNumbers } from '../../server/privacy/index.js';

/** Deviation, number of sums, delta, and epsilon by RdpAccountant of dp-accounting 0.6.0 (Google) with its own orders. */
const PUBLISHED = [
  [0.57, 1, 1e-5, 9.150125],
  [0.57, 1, 1e-6, 9.999896],
  [0.57, 10, 1e-5, 40.546324],
  [0.57, 10, 1e-6, 43.129948],
  [1, 1, 1e-5, 4.728507],
  [1, 1, 1e-6, 5.22154],
  [1, 10, 1e-5, 19.053598],
  [1, 10, 1e-6, 20.551992],
  [2, 1, 1e-5, 2.165716],
  [2, 1, 1e-6, 2.419102],
  [2, 10, 1e-5, 8.079406],
  [2, 10, 1e-6, 8.846874],
  [5, 1, 1e-5, 0.794522],
  [5, 1, 1e-6, 0.899939],
  [5, 10, 1e-5, 2.813653],
  [5, 10, 1e-6, 3.13109],
] as const;

describe('epsilon of Gaussian noise', () => {
  it.each(PUBLISHED)(
    'of deviation %f, %i times, for delta %f is as in dp-accounting',
    (s, n, delta, epsilon) => {
      const own = gaussianEpsilon(new Array<number>(n).fill(s), delta);
      expect(Math.abs(own / epsilon - 1)).toBeLessThan(0.001);
    },
  );

  it('adds up by the inverse squares of the deviations, whatever they are', () => {
    const whole = gaussianEpsilon([1], 1e-6);
    expect(gaussianEpsilon([1 / Math.sqrt(0.3), 1 / Math.sqrt(0.7)], 1e-6)).toBeCloseTo(whole, 10);
  });

  it.each([0.5, 1, 10, 50])('is met by the deviation for epsilon %f, and by no smaller one', (epsilon) => {
    const deviation = gaussianDeviation(epsilon, 1e-6);
    expect(gaussianEpsilon([deviation], 1e-6)).toBeLessThanOrEqual(epsilon);
    expect(gaussianEpsilon([deviation * 0.999], 1e-6)).toBeGreaterThan(epsilon);
  });

  it('is refused for budgets that do not exist', () => {
    for (const epsilon of [0, -1, Infinity, NaN])
      expect(() => gaussianDeviation(epsilon, 1e-6)).toThrow(RangeError);
    for (const delta of [0, 1, -1]) expect(() => gaussianEpsilon([1], delta)).toThrow(RangeError);
    expect(() => gaussianEpsilon([0], 1e-6)).toThrow(RangeError);
  });
});

describe('Gaussian numbers', () => {
  it('have the moments of a standard normal distribution', async () => {
    const numbers = await gaussianNumbers(200_001);
    const moment = (power: number) => numbers.reduce((sum, x) => sum + x ** power, 0) / numbers.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
    expect(new Set(numbers).size).toBeGreaterThan(199_000);
  });
});
