/** The comparison of two arms of a simulation. */

import { describe, expect, it } from 'vitest';

import type { Ratio } from '../../server/simulation/compare.js';
import { difference, ratio } from '../../server/simulation/compare.js';
import { createRandom } from '../../server/learning/index.js';

/** Clicks of users who look at ten things each and click with this chance. */
function arm(chance: number, seed: number, nUsers = 400): Ratio {
  const random = createRandom(seed);
  const numerator = Float64Array.from({ length: nUsers }, () => {
    let clicks = 0;
    for (let look = 0; look < 10; look++) if (random.next() < chance) clicks += 1;
    return clicks;
  });
  return { numerator, denominator: new Float64Array(nUsers).fill(10) };
}

describe('the difference of two arms', () => {
  it('is that of their ratios, within its interval', () => {
    const [better, worse] = [arm(0.3, 1), arm(0.2, 2)];
    const { value, low, high } = difference(better, worse, 7);
    expect(value).toBeCloseTo(ratio(better) - ratio(worse), 12);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(low).toBeGreaterThan(0);
  });

  it('cannot be told from nothing where there is none', () => {
    const { low, high } = difference(arm(0.2, 3), arm(0.2, 4), 7);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    const same = arm(0.2, 5);
    expect(difference(same, same, 7)).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('counts users whom one arm never showed anything', () => {
    const none = { numerator: new Float64Array(400), denominator: new Float64Array(400) };
    expect(ratio(none)).toBe(0);
    expect(difference(none, none, 7).value).toBe(0);
  });
});
