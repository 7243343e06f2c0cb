import { describe, expect, it } from 'vitest';

import { InvalidShapeError } from '../../../server/learning/errors.js';
import { fitRecommender, foldIn, scoreAll } from '../../../server/learning/factorization/index.js';
import { diversify, recommend } from '../../../server/learning/ranking/index.js';
import { historyOf, inputOf, tastes } from '../factorization/example-data.js';

const N_ITEMS = 60;
const MODEL = fitRecommender(
  inputOf(tastes({ nUsers: 200, nItems: N_ITEMS, nGroups: 3, seed: 7 }), N_ITEMS),
  {
    seed: 1,
    hyperParameters: { nComponents: 8, nNeighbours: 12 },
  },
);
const STATE = foldIn(MODEL, historyOf([0, 3], [1]));

describe('a list of recommendations', () => {
  it('holds the best scores in order', () => {
    const scores = scoreAll(MODEL, STATE);
    const best = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    const list = recommend(MODEL, STATE, { n: 10 });
    expect(list.map(({ itemIndex }) => itemIndex)).toEqual(best.slice(0, 10));
    for (const { itemIndex, score } of list) expect(score).toBe(scores[itemIndex]);
  });

  it('keeps to the allowed items, and is shorter where there are fewer', () => {
    const list = recommend(MODEL, STATE, { n: 10, isAllowed: (item) => item < 4 && item !== 3 });
    expect(list.map(({ itemIndex }) => itemIndex).sort()).toEqual([0, 1, 2]);
  });

  it('mixes tastes when asked for diversity, still starting with the best', () => {
    const groupsOf = (diversity: number) =>
      new Set(recommend(MODEL, STATE, { n: 10, diversity }).map(({ itemIndex }) => itemIndex % 3)).size;
    expect(groupsOf(0)).toBeLessThan(groupsOf(0.9));
    expect(recommend(MODEL, STATE, { n: 10, diversity: 0.9 })[0]).toEqual(
      recommend(MODEL, STATE, { n: 1 })[0],
    );
  });

  it('refuses a diversity outside 0..1', () => {
    for (const diversity of [-0.1, 1.1, NaN]) {
      expect(() => recommend(MODEL, STATE, { n: 3, diversity })).toThrow(InvalidShapeError);
    }
  });
});

describe('diversification', () => {
  const embeddings = Float32Array.of(1, 0, 1, 0, 0, 1, 0, 0);
  const scores = Float32Array.of(1, 0.9, 0.5, 0.4);
  const options = { n: 3, embeddings, nComponents: 2 };

  const candidates = { items: Int32Array.of(0, 1, 2, 3), scores };

  it('keeps the order of the scores at 0', () => {
    expect([...diversify(candidates, { ...options, diversity: 0 })]).toEqual([0, 1, 2]);
  });

  it('passes over an item that repeats one already picked', () => {
    expect([...diversify(candidates, { ...options, diversity: 0.5 })]).toEqual([0, 2, 3]);
  });

  it('never lists an item twice or more items than there are', () => {
    const two = { items: Int32Array.of(2, 3), scores: scores.subarray(2) };
    expect([...diversify(two, { ...options, diversity: 1 })].sort()).toEqual([2, 3]);
    const none = { items: new Int32Array(0), scores: new Float32Array(0) };
    expect(diversify(none, { ...options, diversity: 1 }).length).toBe(0);
  });
});
