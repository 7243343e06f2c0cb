import { describe, expect, it } from 'vitest';

import {
  completeHyperParameters,
  fitRecommender,
  foldIn,
  scoreAll,
  searchHyperParameters,
} from '../../../server/learning/factorization/index.js';
import { fitModel } from '../../../server/learning/factorization/fit-model.js';
import { splitForValidation } from '../../../server/learning/factorization/validation.js';
import { measure } from '../../../server/learning/factorization/validation-metrics.js';
import { blendBy, scoreUsers, usersOf } from '../../../server/learning/factorization/validation-scores.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import { createRandom, topN } from '../../../server/learning/linalg/index.js';
import { historyOf, inputOf, tastes } from './example-data.js';

const N_ITEMS = 60;
const INPUT = inputOf(tastes({ nUsers: 400, nItems: N_ITEMS, nGroups: 3, seed: 7 }), N_ITEMS);
const START = completeHyperParameters({ nComponents: 8, nNeighbours: 12, nSweeps: 3 });

describe('validation data taken out of the training data', () => {
  const { input, users } = splitForValidation(INPUT, 1);

  it('hides from training every item that is to be found', () => {
    const left = new Set<string>();
    const { indptr, indices } = input.interactions;
    for (let u = 0; u + 1 < indptr.length; u++) {
      left.add(
        Array.from(indices.subarray(indptr[u], indptr[u + 1]))
          .sort((a, b) => a - b)
          .join(),
      );
    }
    expect(users.some(({ isCold }) => isCold)).toBe(true);
    for (const { history, relevant, isCold } of users) {
      expect(relevant.length).toBeGreaterThan(0);
      for (const item of relevant) expect(history.indices).not.toContain(item);
      if (!isCold) expect(left).toContain(Array.from(history.indices).join());
    }
  });

  it('leaves cold users five likes, and nothing of them in training', () => {
    const cold = users.filter(({ isCold }) => isCold);
    for (const { history } of cold) {
      expect(history.opinion.filter((opinion) => opinion > 0).length).toBe(5);
    }
    const { indptr } = input.interactions;
    let empty = 0;
    for (let u = 0; u + 1 < indptr.length; u++) if (indptr[u] === indptr[u + 1]) empty++;
    expect(empty).toBe(cold.length);
  });

  it('takes the latest likes where times are known', () => {
    const { indptr, indices } = INPUT.interactions;
    const at = Float64Array.from(indices, (_, p) => 1e12 - p);
    const timed = splitForValidation({ ...INPUT, interactions: { ...INPUT.interactions, at } }, 1);
    // Within a user, later entries are earlier in time: what is hidden comes first.
    for (const { history, relevant, isCold } of timed.users) {
      if (isCold) continue;
      const likes = Array.from(history.indices).filter((_, p) => history.opinion[p] > 0);
      expect(Math.max(...relevant)).toBeLessThan(Math.min(...likes));
    }
    expect(indptr.length).toBe(401);
  });
});

describe('the quality of scores', () => {
  /** Learnt parts alone. */
  const partsAt = (items: number[], scores: number[]) => ({
    items: Int32Array.from(items),
    parts: Float32Array.from(scores.flatMap((score) => [score, 0, 0, 0, 0, 0])),
  });

  it('is one for a perfect order, zero for the worst, and a half of the pairs for no order', () => {
    const rest = Array.from({ length: 20 }, (_, k) => k + 2);
    const scored = (scores: number[]) => {
      const zeros = rest.map(() => 0);
      const user = {
        ...{ relevant: Int32Array.of(0, 1), isCold: false, likes: 1, absence: 0 },
        candidates: partsAt([0, 1, ...rest], [...scores, ...zeros]),
        places: Int32Array.of(0, 1),
        order: { wanted: partsAt([0, 1], scores), others: partsAt(rest, zeros) },
      };
      return measure([user], ({ parts }, _, out) => out.set(parts.filter((_value, p) => p % 6 === 0)));
    };
    expect(scored([5, 4])).toEqual({ ndcg: Float64Array.of(1), auc: 1 });
    expect(scored([-5, -4])).toEqual({ ndcg: Float64Array.of(0), auc: 0 });
    expect(scored([0, 0]).auc).toBeCloseTo(0.5, 12);
  });
});

describe('the parts of the scores of validation users', () => {
  const nItems = 900;
  const whole = inputOf(tastes({ nUsers: 300, nItems, nGroups: 3, seed: 5 }), nItems);
  const at = Float64Array.from(whole.interactions.indices, (item, p) => ((item * 7 + p) % 50) * 1e10);
  const timed = { ...whole, interactions: { ...whole.interactions, at } };
  const { input, users } = splitForValidation(timed, 1);
  const fitted = fitModel(createKernels(), input, {
    hyperParameters: { ...START, sequenceWeight: 1e-6, companionWeight: 1e-6 },
    seed: 1,
  });
  const scored = usersOf(scoreUsers(fitted, users));

  it.each([
    {},
    { factorWeight: 0.04, dislikeWeight: 0 },
    { factorWeight: 2.4 },
    { principalWeight: 0.3, dislikeWeight: 3 },
    { popularityWeight: 0.3 },
    { sequenceWeight: 4 },
    { newcomerWeight: 1, shortHistoryBoost: 0 },
    { recentPopularityWeight: 0.5 },
    { companionWeight: 32 },
  ])('make the lists that all scores make, whatever the weights: %o', (changes) => {
    const hyperParameters = { ...START, ...changes };
    const model = { ...fitted.model, hyperParameters };
    const blend = blendBy(fitted, hyperParameters);
    expect(scored.length).toBe(users.length);
    users.forEach(({ history, personaIndex }, row) => {
      const { candidates } = scored[row];
      const scores = new Float32Array(candidates.items.length);
      blend(candidates, scored[row], scores);
      const all = scoreAll(model, foldIn(model, history, { personaIndex }));
      candidates.items.forEach((item, k) => expect(scores[k]).toBeCloseTo(all[item], 4));
      // By score, since rounding may swap items that are all but equal.
      topN(all, 10, (item) => !history.indices.includes(item)).forEach((item, rank) =>
        expect(scores[topN(scores, 10)[rank]]).toBeCloseTo(all[item], 4),
      );
    });
  });

  it('hold the popular items that a user has not met, however many of them the user has met', () => {
    const popular = topN(fitted.model.shares, 40);
    const history = historyOf([...popular.subarray(0, 28)]);
    const user = { history, personaIndex: -1, relevant: popular.subarray(30), isCold: true };
    const [{ candidates }] = usersOf(scoreUsers(fitted, [user]));
    expect([...candidates.items]).toEqual(expect.arrayContaining([...popular.subarray(28)]));
  });

  it("sample the others of every fifth warm user, and nobody else's", () => {
    const warm = scored.filter(({ isCold }) => !isCold);
    expect(scored.filter(({ order }) => order !== null)).toEqual(warm.filter((_, rank) => rank % 5 === 0));
    for (const [row, { order, relevant }] of scored.entries()) {
      for (const item of order?.others.items ?? []) {
        expect(relevant).not.toContain(item);
        expect(users[row].history.indices).not.toContain(item);
      }
    }
  });
});

describe('the search for hyper-parameters', () => {
  it('gives the same answer for the same seed, within the ranges, and fits no more than it may', () => {
    const search = () => searchHyperParameters(INPUT, { seed: 1, start: START, budget: { maxFits: 4 } });
    const chosen = search();
    expect(search()).toEqual(chosen);
    expect(completeHyperParameters(chosen)).toEqual(chosen);
    expect(chosen.nSweeps).toBe(START.nSweeps);
  });

  it('finds its way back from a start that is far off', () => {
    const start = completeHyperParameters({ ...START, factorWeight: 0, neighbourRidge: 1600 });
    const chosen = searchHyperParameters(INPUT, { seed: 1, start, budget: { maxFits: 8 } });
    expect(chosen.factorWeight).toBeGreaterThan(0);
  });

  it('stops after the first ladder without a gain where the start was found before', () => {
    const start = searchHyperParameters(INPUT, { seed: 1, start: START, budget: { maxFits: 8 } });
    const fitsFrom = (firstLadder?: number) => {
      let fits = 0;
      const onProgress = (fraction: number) => {
        // Each of the eight fits is a tenth of the work, and the weights are the rest.
        if (fraction <= 0.8) fits = Math.max(fits, Math.round(10 * fraction));
      };
      const budget = { maxFits: 8, firstLadder };
      const chosen = searchHyperParameters(INPUT, { seed: 1, start, budget, onProgress });
      expect(chosen).toEqual(start);
      return fits;
    };
    expect([0, 1, 2, 3].map(fitsFrom)).toEqual([3, 2, 3, 2]);
    expect(fitsFrom()).toBe(4);
  });

  it('lets old likes count less where tastes drift, and only there', () => {
    // Everybody goes from one group of items to the next.
    const random = createRandom(3);
    const picks = (group: number) =>
      random
        .shuffle(Array.from({ length: N_ITEMS / 3 }, (_, i) => group + 3 * i))
        .slice(0, 8)
        .map((item) => ({ item, group }));
    const people = Array.from({ length: 400 }, (_, u) => [...picks(u % 3), ...picks((u + 1) % 3)]);
    const input = inputOf(
      people.map((likes) => historyOf(likes.map(({ item }) => item))),
      N_ITEMS,
    );
    const halfLife = (dayOf: (u: number, group: number) => number) => {
      const days = people.flatMap((likes, u) =>
        [...likes].sort((a, b) => a.item - b.item).map(({ group }) => dayOf(u, group) + random.int(5)),
      );
      const at = Float64Array.from(days, (day) => Date.UTC(2026, 0, 1 + day));
      return searchHyperParameters(
        { ...input, interactions: { ...input.interactions, at } },
        { seed: 1, start: START, budget: { maxFits: 1 } },
      ).halfLife;
    };
    const drifting = (u: number, group: number) => (group === u % 3 ? 0 : 60);
    const steady = () => random.int(60);
    expect(halfLife(drifting)).toBeGreaterThan(0);
    expect(halfLife(steady)).toBe(0);
  });

  it('takes no order of a file for one of time', () => {
    const { indices } = INPUT.interactions;
    const at = Float64Array.from(indices, (_, p) => p);
    const { users: placed } = splitForValidation(
      { ...INPUT, interactions: { ...INPUT.interactions, at } },
      1,
    );
    expect(placed.map(({ relevant }) => relevant)).toEqual(
      splitForValidation(INPUT, 1).users.map(({ relevant }) => relevant),
    );
  });

  it('keeps the start where there is too little data to tell', () => {
    const tiny = inputOf([historyOf([1, 2, 3, 4, 5, 6, 7])], 10);
    expect(searchHyperParameters(tiny, { seed: 1, start: START, budget: { maxFits: 4 } })).toBe(START);
  });

  it('runs inside a fit, and the model carries what was chosen', () => {
    const model = fitRecommender(INPUT, { seed: 1, hyperParameters: START, search: { maxFits: 3 } });
    const chosen = searchHyperParameters(INPUT, { seed: 1, start: START, budget: { maxFits: 3 } });
    expect(model.hyperParameters).toEqual(chosen);
  });
});
