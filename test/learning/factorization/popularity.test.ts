import { describe, expect, it } from 'vitest';

import {
  completeHyperParameters,
  explain,
  fitRecommender,
  foldIn,
  scoreAll,
  searchHyperParameters,
} from '../../../server/learning/factorization/index.js';
import { recentPopularityOf, newness, relative } from '../../../server/learning/factorization/popularity.js';
import { splitForValidation } from '../../../server/learning/factorization/validation.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { historyOf, inputOf, tastes } from './example-data.js';

const DAY = 86_400_000;
const START = completeHyperParameters({ nComponents: 8, nNeighbours: 8, nSweeps: 2 });

describe('what was liked of late', () => {
  const at = (days: readonly number[]) => Float64Array.from(days, (day) => 2e11 + day * DAY);
  const { interactions } = inputOf([historyOf([0, 1]), historyOf([0, 1], [2])], 3);
  const weights = { implicitWeight: 0.5, recentPopularityHalfLife: 10 };

  it('halves after so many days, and leaves dislikes out', () => {
    const recentPopularity = recentPopularityOf({ ...interactions, at: at([0, 20, 10, 20, 20]) }, 3, weights);
    expect([...recentPopularity]).toEqual([0.375, 1, 0]);
  });

  it('is nothing where times are unknown', () => {
    expect([...recentPopularityOf(interactions, 3, weights)]).toEqual([0, 0, 0]);
    expect([
      ...recentPopularityOf({ ...interactions, at: Float64Array.of(1, 2, 3, 4, 5) }, 3, weights),
    ]).toEqual([0, 0, 0]);
    expect([...relative(new Float64Array(2))]).toEqual([0, 0]);
  });
});

describe('the popularity that newcomers begin with', () => {
  const input = inputOf(tastes({ nUsers: 200, nItems: 30, nGroups: 3, seed: 3 }), 30);
  const model = fitRecommender(input, {
    seed: 1,
    hyperParameters: { ...START, newcomerWeight: 2, recentPopularityWeight: 0.5 },
  });

  it('fades as their history grows, and is part of the exact explanation', () => {
    expect(newness(0)).toBe(1);
    const part = (likes: readonly number[]) => explain(model, foldIn(model, historyOf(likes)), 0).popularity;
    expect(part([])).toBeGreaterThan(part([3]));
    expect(part([3])).toBeGreaterThan(part([3, 6, 9]));
    const state = foldIn(model, historyOf([3, 7], [4]));
    scoreAll(model, state).forEach((score, item) =>
      expect(explain(model, state, item).total).toBeCloseTo(score, 5),
    );
  });

  it('is searched for on users of one, two and ten likes as well, of whom nothing is left to train on', () => {
    const { users, newcomers } = splitForValidation(
      inputOf(tastes({ nUsers: 300, nItems: 90, nGroups: 3, seed: 5 }), 90),
      1,
    );
    const lengths = new Set(newcomers.map(({ history }) => history.indices.length));
    expect(lengths).toEqual(new Set([1, 2, 10]));
    expect(newcomers.length).toBeLessThanOrEqual(3 * users.filter(({ isCold }) => isCold).length);
    for (const { history, relevant } of newcomers)
      for (const item of relevant) expect(history.indices).not.toContain(item);
  });

  it('is found where a few items are liked by most', () => {
    const random = createRandom(8);
    const histories = Array.from({ length: 400 }, () => {
      const items = new Set<number>();
      while (items.size < 9) items.add(Math.floor(60 * random.next() ** 3));
      return historyOf([...items]);
    });
    const chosen = searchHyperParameters(inputOf(histories, 60), {
      seed: 1,
      start: START,
      budget: { maxFits: 1 },
    });
    expect(chosen.newcomerWeight).toBeGreaterThan(0);
  });
});
