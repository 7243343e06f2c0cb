import { describe, expect, it } from 'vitest';

import { featureWeights } from '../../../server/learning/factorization/feature-weights.js';
import { createRandom } from '../../../server/learning/linalg/index.js';

const rowsOf = (rows: readonly (readonly number[])[]) => ({
  indptr: Int32Array.from([0, ...rows.map((_, r) => rows.slice(0, r + 1).flat().length)]),
  indices: Int32Array.from(rows.flat()),
});

function likesOf(rows: readonly (readonly number[])[]) {
  const { indptr, indices } = rowsOf(rows);
  return { indptr, indices, values: new Float32Array(indices.length).fill(1) };
}

const N_ITEMS = 40;
/** Feature 0 is on items 0..9, feature 1 on every fourth, feature 2 on none. */
const FEATURES = rowsOf(
  Array.from({ length: N_ITEMS }, (_, item) => [...(item < 10 ? [0] : []), ...(item % 4 === 0 ? [1] : [])]),
);

describe('the weight of a feature', () => {
  it('grows with what its items have in common for users, and is 0 where that is nothing', () => {
    const random = createRandom(3);
    // Half of the users choose among the first ten items alone, the others among the rest.
    const likes = Array.from({ length: 200 }, (_, user) => {
      const pool = Array.from({ length: user % 2 === 0 ? 10 : 30 }, (_, i) => i + (user % 2 === 0 ? 0 : 10));
      return random.shuffle(pool).slice(0, 6);
    });
    const [together, scattered, absent] = featureWeights({ ...FEATURES, nFeatures: 3 }, likesOf(likes));
    expect(together).toBeGreaterThan(0.5);
    expect(scattered).toBeLessThan(0.5 * together);
    expect(absent).toBe(0);
  });

  it('equals the count of pairs one by one', () => {
    const likes = [[0, 1, 12], [0, 4, 8], [3], [2, 16, 20, 30], []];
    const popularity = new Map<number, number>();
    for (const item of likes.flat()) popularity.set(item, (popularity.get(item) ?? 0) + 1);
    const has = (item: number, feature: number) =>
      FEATURES.indices.subarray(FEATURES.indptr[item], FEATURES.indptr[item + 1]).includes(feature);
    const total = likes.flat().length;
    const pairs = likes.flatMap((row) => row.flatMap((a) => row.filter((b) => b !== a).map((b) => [a, b])));
    const weightOf = (feature: number) => {
      const together = pairs.filter((pair) => pair.every((item) => has(item, feature))).length;
      let chance = 0;
      for (const [a, likesA] of popularity) {
        for (const [b, likesB] of popularity) {
          if (a !== b && has(a, feature) && has(b, feature)) chance += (likesA / total) * (likesB / total);
        }
      }
      return (
        Math.log(N_ITEMS / 10) *
        Math.sqrt(Math.max(0, Math.log((together + 3) / (pairs.length * chance + 1))))
      );
    };
    const weights = featureWeights({ ...FEATURES, nFeatures: 2 }, likesOf(likes));
    expect(weights[0]).toBeCloseTo(weightOf(0), 10);
    expect(weights[1]).toBeCloseTo(weightOf(1), 10);
  });

  it('is that of rarity alone where nobody has liked anything yet', () => {
    const weights = featureWeights({ ...FEATURES, nFeatures: 2 }, likesOf([[]]));
    expect(weights[0]).toBeCloseTo(Math.log(4) * Math.sqrt(Math.log(3)), 10);
    expect(weights[1]).toBeCloseTo(weights[0], 10);
  });
});
