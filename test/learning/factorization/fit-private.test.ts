/** The recommender under differential privacy: what a user can change, what is left out, and what is still learned. */

import { describe, expect, it } from 'vitest';

import {
  fitPrivateRecommender,
  foldIn,
  privateNoiseLength,
  scoreAll,
} from '../../../server/learning/factorization/index.js';
import { fitPrivateFactors } from '../../../server/learning/factorization/private-factors.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { historyOf, inputOf, tastes } from './example-data.js';

const N_ITEMS = 60;
const USERS = tastes({ nUsers: 600, nItems: N_ITEMS, nGroups: 3, seed: 7 });
const fit = (noise: number, users = USERS) => {
  const random = createRandom(5);
  return fitPrivateRecommender(inputOf(users, N_ITEMS), { noise, normal: () => random.normal(), seed: 1 });
};

/** Share of a group's items among the best of a user who likes that group, met items left out. */
function shareOfGroup(model: ReturnType<typeof fit>): number {
  const scores = scoreAll(model, foldIn(model, historyOf([0, 3, 6])));
  const order = Array.from(scores.keys()).filter((item) => ![0, 3, 6].includes(item));
  order.sort((a, b) => scores[b] - scores[a]);
  return order.slice(0, 10).filter((item) => item % 3 === 0).length / 10;
}

describe('a private fit', () => {
  it('learns groups of taste with the noise of a usual budget, and nothing with far too much', () => {
    expect(shareOfGroup(fit(0.57))).toBeGreaterThanOrEqual(0.8);
    expect(shareOfGroup(fit(1e6))).toBeLessThan(0.8);
  });

  it('publishes no pairs of users, sequence, recent popularity or means of personas', () => {
    const model = fit(0.57);
    expect(model.itemToItem.indices.length).toBeLessThanOrEqual(N_ITEMS * model.hyperParameters.nNeighbours);
    expect(model.sequence.indices.length).toBe(0);
    expect(model.companions.indices.length).toBe(0);
    expect([...model.recentPopularity, ...model.personaPriors].every((value) => value === 0)).toBe(true);
  });

  it('takes exactly the noise that it says', () => {
    let nUsed = 0;
    const random = createRandom(5);
    const normal = () => ((nUsed += 1), random.normal());
    fitPrivateRecommender(inputOf(USERS, N_ITEMS), { noise: 1, normal, seed: 1 });
    expect(nUsed).toBe(privateNoiseLength(N_ITEMS));
  });
});

describe('the noisy sums', () => {
  const d = 4;
  const random = createRandom(3);
  const start = Float64Array.from({ length: N_ITEMS * d }, () => random.normal());
  const { interactions } = inputOf(USERS, N_ITEMS);
  const rowsOf = (nUsers: number) => {
    const end = interactions.indptr[nUsers];
    return {
      indptr: interactions.indptr.slice(0, nUsers + 1),
      indices: interactions.indices.slice(0, end),
      values: Float32Array.from(interactions.opinion.slice(0, end)),
    };
  };
  const options = { nComponents: d, nSweeps: 1, alpha0: 0.03, userRegularization: 0.01 };
  /** Every sum in order, read off the noise that is added to it. */
  const countsOf = (nUsers: number) =>
    fitPrivateFactors(
      { preference: rowsOf(nUsers), nItems: N_ITEMS, start, priorOf: (h) => h.map(() => 0) },
      { ...options, noise: 1, normal: () => 0 },
    ).counts;

  it('change by at most 1 in Euclidean norm with one user, however many items the user likes', () => {
    for (let nUsers = 1; nUsers < 50; nUsers++) {
      const [before, after] = [countsOf(nUsers - 1), countsOf(nUsers)];
      const change = Math.hypot(...after.map((count, item) => count - before[item]));
      expect(change).toBeGreaterThan(0.99);
      expect(change).toBeLessThan(1 + 1e-6);
    }
  });
});
