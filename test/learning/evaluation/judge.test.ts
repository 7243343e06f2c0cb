import { describe, expect, it } from 'vitest';

import {
  bootstrapMean,
  bootstrapRatio,
  judgeUser,
  judgeUsers,
  sampleOf,
  summariseUsers,
} from '../../../server/learning/evaluation/index.js';

const N_ITEMS = 12;
const seen = { indptr: Int32Array.of(0, 1, 2, 3), indices: Int32Array.of(0, 0, 1) };
/** User 1 has nothing held out. */
const test = { indptr: Int32Array.of(0, 2, 2, 3), indices: Int32Array.of(2, 3, 4) };
const scoresOf = (user: number) => Float32Array.from({ length: N_ITEMS }, (_, item) => -((item + user) % 5));
const oracleOf = (user: number) => {
  const held = test.indices.subarray(test.indptr[user], test.indptr[user + 1]);
  return Float32Array.from({ length: N_ITEMS }, (_, item) => (held.includes(item) ? 1 : 0));
};
const judge = (maxUsers = 10) =>
  judgeUsers({ scoresOf, oracleOf, nItems: N_ITEMS, seen, test }, { seed: 1, maxUsers });

describe('judging users one by one', () => {
  it('judges those with something held out, as a single judgement would, and the oracle beside them', () => {
    const judged = judge();
    expect(judged.map(({ user }) => user)).toEqual([0, 2]);
    for (const { user, metrics, oracle, nHeldOut } of judged) {
      const own = seen.indices.subarray(seen.indptr[user], seen.indptr[user + 1]);
      const held = test.indices.subarray(test.indptr[user], test.indptr[user + 1]);
      expect(metrics).toEqual(judgeUser(scoresOf(user), own, held).metrics);
      expect(oracle!.auc).toBe(1);
      expect(oracle!['recall@10']).toBe(1);
      expect(nHeldOut).toBe(held.length);
    }
  });

  it('sums up any of them: means, shares of the oracle, and the items listed', () => {
    const judged = judge();
    const figures = summariseUsers(judged, { nItems: N_ITEMS, seed: 1, silhouettes: Float64Array.of(0.5) });
    const mean = (judged[0].metrics['ndcg@10'] + judged[1].metrics['ndcg@10']) / 2;
    expect(figures.metrics!['ndcg@10'].value).toBeCloseTo(mean, 12);
    expect(figures.ratio!['ndcg@10'].value).toBeCloseTo(mean, 12);
    expect(figures.coverage).toBe(new Set(judged.flatMap(({ list }) => [...list])).size / N_ITEMS);
    expect(figures.silhouette).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    const nobody = summariseUsers([], { nItems: 0, seed: 1, silhouettes: new Float64Array(0) });
    expect(nobody).toMatchObject({ oracle: null, metrics: null, coverage: null, novelty: null });
  });

  it('draws a seeded sample in the order given', () => {
    const all = Array.from({ length: 50 }, (_, n) => n);
    const sample = sampleOf(all, 10, 3);
    expect(sample).toHaveLength(10);
    expect([...sample].sort((a, b) => a - b)).toEqual(sample);
    expect(sampleOf(all, 10, 3)).toEqual(sample);
    expect(judge(1)).toHaveLength(1);
  });
});

describe('the interval of a ratio', () => {
  const below = Float64Array.from({ length: 200 }, (_, n) => 1 + (n % 7));

  it('is a point where users are in proportion, and holds the ratio otherwise', () => {
    const half = bootstrapRatio(
      below.map((value) => value / 2),
      below,
      { seed: 1 },
    );
    expect([half.low, half.value, half.high].every((value) => Math.abs(value - 0.5) < 1e-12)).toBe(true);
    const mixed = bootstrapRatio(
      below.map((value, n) => value * (n % 2)),
      below,
      { seed: 1 },
    );
    expect(mixed.low).toBeLessThan(mixed.value);
    expect(mixed.high).toBeGreaterThan(mixed.value);
  });

  it('is zero over nothing', () => {
    expect(bootstrapRatio(below, new Float64Array(200), { seed: 1 }).value).toBe(0);
    expect(bootstrapMean(new Float64Array(0), { seed: 1 })).toEqual({ value: 0, low: 0, high: 0 });
  });
});
