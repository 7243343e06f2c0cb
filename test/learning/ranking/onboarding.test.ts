import { describe, expect, it } from 'vitest';

import { completeHyperParameters, fitRecommender, onboardingItems } from '../../../server/learning/index.js';
import { inputOf, tastes } from '../factorization/example-data.js';

const nItems = 60;
const input = inputOf(tastes({ nUsers: 300, nItems, nGroups: 3, seed: 2 }), nItems);
const model = fitRecommender(input, {
  seed: 1,
  hyperParameters: completeHyperParameters({ nComponents: 8, nNeighbours: 12, nSweeps: 3 }),
});

describe('the items that newcomers are asked about', () => {
  it('cover the groups of taste, without repeats', () => {
    const chosen = [...onboardingItems(model, { n: 6 })];
    expect(new Set(chosen).size).toBe(6);
    expect(new Set(chosen.slice(0, 3).map((item) => item % 3)).size).toBe(3);
  });

  it('are items that users know', () => {
    const shares = model.shares.map((share, item) => (item < 30 ? share : share / 100));
    expect(onboardingItems({ ...model, shares }, { n: 5 }).every((item) => item < 30)).toBe(true);
  });

  it('maximise the information step by step, like a slow twin with full covariances', () => {
    const d = 8;
    const h = (item: number) => model.itemEmbeddings.subarray(item * d, item * d + d);
    const times = (c: number[][], x: ArrayLike<number>) =>
      c.map((row) => row.reduce((s, v, f) => s + v * x[f], 0));
    const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from({ length: d }, (_, f) => a[f] * b[f]).reduce((s, v) => s + v, 0);
    const all = Array.from({ length: nItems }, (_, item) => item);
    const noise = all.reduce((sum, item) => sum + inner(h(item), h(item)), 0) / nItems;
    let c = Array.from({ length: d }, (_, f) => Array.from({ length: d }, (_, g) => Number(f === g)));
    const expected: number[] = [];
    for (let step = 0; step < 4; step++) {
      const worth = (item: number) =>
        model.shares[item] * Math.log(1 + inner(h(item), times(c, h(item))) / noise);
      const best = all
        .filter((item) => !expected.includes(item))
        .reduce((a, b) => (worth(b) > worth(a) ? b : a));
      const ch = times(c, h(best));
      const scale = noise + inner(h(best), ch);
      c = c.map((row, f) => row.map((value, g) => value - (ch[f] * ch[g]) / scale));
      expected.push(best);
    }
    expect([...onboardingItems(model, { n: 4 })]).toEqual(expected);
  });

  it('are allowed, and fewer if there are not enough', () => {
    expect(
      [...onboardingItems(model, { n: 9, isAllowed: (item) => item < 4 })].sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3]);
    expect(onboardingItems(model, { n: 3, isAllowed: () => false })).toHaveLength(0);
  });
});
