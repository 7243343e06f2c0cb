import { describe, expect, it } from 'vitest';

import {
  adjustedRandIndex,
  createRandom,
  InvalidShapeError,
  measureStability,
} from '../../../server/learning/index.js';
import { blobs, FOUR_CORNERS } from './tables.js';

/** Counts pairs one by one. */
function slowIndex(a: Int32Array, b: Int32Array): number {
  const n = a.length;
  let [both, inA, inB] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (a[i] === a[j]) inA++;
      if (b[i] === b[j]) inB++;
      if (a[i] === a[j] && b[i] === b[j]) both++;
    }
  }
  const expected = (inA * inB) / ((n * (n - 1)) / 2);
  return (both - expected) / ((inA + inB) / 2 - expected);
}

describe('the adjusted Rand index', () => {
  it('agrees with counting pairs', () => {
    const random = createRandom(8);
    for (let round = 0; round < 20; round++) {
      const a = Int32Array.from({ length: 60 }, () => random.int(4));
      const b = a.map((label) => (random.next() < 0.3 ? random.int(5) : label));
      expect(adjustedRandIndex(a, b)).toBeCloseTo(slowIndex(a, b), 12);
    }
  });

  it('is 1 under other names, and when there is one cluster only', () => {
    expect(adjustedRandIndex(Int32Array.of(0, 0, 1, 2), Int32Array.of(2, 2, 0, 1))).toBe(1);
    expect(adjustedRandIndex(new Int32Array(5), new Int32Array(5))).toBe(1);
  });

  it('refuses labellings of different rows', () => {
    expect(() => adjustedRandIndex(new Int32Array(2), new Int32Array(3))).toThrow(InvalidShapeError);
  });
});

describe('stability', () => {
  it('is nearly perfect where clusters are there, and poor where there are none', () => {
    const there = measureStability(blobs(600, FOUR_CORNERS, 1.5), 3, 4, { seed: 1, nRefits: 8 });
    expect(there.meanAgreement).toBeGreaterThan(0.95);
    expect(there.leastAgreement).toBeLessThanOrEqual(there.meanAgreement);
    expect(there.churn).toBeLessThan(0.03);
    const absent = measureStability(blobs(600, [[0, 0, 0]], 1), 3, 6, { seed: 1, nRefits: 8, nInit: 1 });
    expect(absent.meanAgreement).toBeLessThan(0.8);
    expect(absent.churn).toBeGreaterThan(there.churn);
  });
});
