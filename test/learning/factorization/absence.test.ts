import { describe, expect, it } from 'vitest';

import {
  completeHyperParameters,
  explain,
  foldIn,
  scoreAll,
  searchHyperParameters,
} from '../../../server/learning/factorization/index.js';
import { absenceOf, returnShare, visitShare } from '../../../server/learning/factorization/absence.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import { fitModel } from '../../../server/learning/factorization/fit-model.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { historyOf, inputOf, tastes } from './example-data.js';

import type { RecommenderInput } from '../../../server/learning/factorization/index.js';

const DAY = 86_400_000;
const START = 1_000 * DAY;
const SMALL = completeHyperParameters({ nComponents: 8, nNeighbours: 8, nSweeps: 2 });

/** `input` with the time of each entry by user and place in the user's history. */
function timed(input: RecommenderInput, dayOf: (user: number, place: number) => number): RecommenderInput {
  const { indptr, indices } = input.interactions;
  const at = new Float64Array(indices.length);
  for (let u = 0; u + 1 < indptr.length; u++)
    for (let p = indptr[u]; p < indptr[u + 1]; p++) at[p] = START + DAY * dayOf(u, p - indptr[u]);
  return { ...input, interactions: { ...input.interactions, at } };
}

describe('absence', () => {
  it('runs from the latest interaction to the request, but not past the end of the record', () => {
    const recordedUntil = START + 10 * DAY;
    const after = (lastAt: number, now: number) => absenceOf({ lastAt, now, recordedUntil, isNew: false });
    expect(after(START, START + 3 * DAY)).toBe(3);
    expect(after(START, Infinity)).toBe(10);
    expect(after(START + 12 * DAY, Infinity)).toBe(0);
    expect(after(0, Infinity)).toBe(0);
    expect(absenceOf({ lastAt: 0, now: Infinity, recordedUntil, isNew: true })).toBe(Infinity);
  });

  it('replaces the sequence term by recent popularity', () => {
    expect([0, 1, Infinity].map(visitShare)).toEqual([1, 0.5, 0]);
    expect([0, 7, Infinity].map((days) => returnShare(days, { recentPopularityAbsence: 7 }))).toEqual([
      0, 0.5, 1,
    ]);
    expect(returnShare(0, { recentPopularityAbsence: 0 })).toBe(1);
  });
});

describe('a user who returns', () => {
  const input = timed(
    inputOf(tastes({ nUsers: 120, nItems: 30, nGroups: 3, seed: 4 }), 30),
    (u, place) => u / 4 + place / 100,
  );
  const { model } = fitModel(createKernels(), input, {
    hyperParameters: { ...SMALL, sequenceWeight: 2, recentPopularityWeight: 1 },
    seed: 1,
  });
  const history = {
    ...historyOf([1, 4, 7], [2]),
    at: Float64Array.of(0, 1, 2, 3).map((day) => START + day * DAY),
  };

  it('has a score that is exactly the sum of its parts', () => {
    for (const now of [undefined, START + 6 * DAY, Infinity]) {
      const state = foldIn(model, history, { now });
      scoreAll(model, state).forEach((score, item) =>
        expect(explain(model, state, item).total).toBeCloseTo(score, 5),
      );
    }
  });

  it('gets less of the sequence and more of recent popularity than in the visit', () => {
    const [visit, back] = [foldIn(model, history), foldIn(model, history, { now: Infinity })];
    const popular = model.recentPopularity.indexOf(1);
    expect(explain(model, visit, popular).popularity).toBeLessThan(explain(model, back, popular).popularity);
    const sequence = (state: typeof visit) =>
      Array.from({ length: 30 }, (_, item) =>
        explain(model, state, item).sequence.reduce((a, b) => a + b, 0),
      ).reduce((a, b) => a + b, 0);
    expect(sequence(back)).toBeLessThan(sequence(visit) / 100);
  });

  it('makes the search add recent popularity where the future follows it', () => {
    // Each item is in fashion for a few days; users come back after weeks and like what is new by then.
    const random = createRandom(3);
    const histories = Array.from({ length: 300 }, (_, u) => {
      const items = new Set<number>();
      const visits = [u % 20, 30 + (u % 13)];
      for (const day of visits)
        while (items.size < (day === visits[0] ? 8 : 12))
          items.add((2 * day + Math.floor(8 * random.next())) % 100);
      return historyOf([...items]);
    });
    const record = timed(
      inputOf(histories, 100),
      (u, place) => (place < 8 ? u % 20 : 30 + (u % 13)) + place / 1000,
    );
    const chosen = searchHyperParameters(record, { seed: 1, start: SMALL, budget: { maxFits: 4 } });
    expect(chosen.recentPopularityWeight).toBeGreaterThan(0);
  });
});
