/** Propensities of positions: found where they are known. */

import { describe, expect, it } from 'vitest';

import { MIN_PROPENSITY, fitPropensities } from '../../../server/learning/index.js';

describe('position bias', () => {
  it('is found exactly where clicks follow the model, whatever the groups like', () => {
    const truth = [1, 0.6, 0.3, 0.1];
    const likings = [0.4, 0.1];
    const shown = [
      [1_000, 800, 600, 400],
      [50, 700, 900, 2_000],
    ];
    const impressions = Float64Array.from(shown.flat());
    const clicks = Float64Array.from(
      likings.flatMap((liking, g) => truth.map((p, k) => shown[g][k] * liking * p)),
    );
    const found = fitPropensities(impressions, clicks, 4)!;
    truth.forEach((propensity, position) => expect(found[position]).toBeCloseTo(propensity, 6));
  });

  it('is unknown with too few clicks, or none in first place', () => {
    expect(fitPropensities(Float64Array.of(100, 100), Float64Array.of(3, 2), 2)).toBeNull();
    expect(fitPropensities(Float64Array.of(100, 900), Float64Array.of(0, 90), 2)).toBeNull();
  });

  it('never weighs a click more than it may', () => {
    const found = fitPropensities(Float64Array.of(1_000, 1_000), Float64Array.of(500, 1), 2)!;
    expect(found[1]).toBe(MIN_PROPENSITY);
  });
});
