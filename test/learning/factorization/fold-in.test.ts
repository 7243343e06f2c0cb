import { describe, expect, it } from 'vitest';

import { InvalidShapeError, NotFiniteError } from '../../../server/learning/errors.js';
import { fitFactors } from '../../../server/learning/factorization/factors.js';
import {
  completeHyperParameters,
  explain,
  fitRecommender,
  foldIn,
  scoreAll,
  similarItems,
} from '../../../server/learning/factorization/index.js';
import { takenFrom } from '../../../server/learning/factorization/scores.js';
import { preferenceRows } from '../../../server/learning/factorization/signals.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import { historyOf, inputOf, tastes } from './example-data.js';

const N_ITEMS = 60;
const HISTORIES = tastes({ nUsers: 300, nItems: N_ITEMS, nGroups: 3, seed: 7 });
const INPUT = inputOf(HISTORIES, N_ITEMS, { userPersona: HISTORIES.map((_, u) => u % 3) });
const SMALL = { nComponents: 8, nNeighbours: 12 };
const MODEL = fitRecommender(INPUT, { seed: 1, hyperParameters: SMALL });

describe('folding a user in', () => {
  it('gives a training user the embedding that training ended with', () => {
    const hyperParameters = completeHyperParameters(SMALL);
    const preference = preferenceRows(INPUT.interactions, N_ITEMS, hyperParameters);
    const features = {
      indptr: new Int32Array(N_ITEMS + 1),
      indices: new Int32Array(0),
      values: new Float32Array(0),
    };
    const { userPersona, nPersonas } = INPUT;
    const { userEmbeddings } = fitFactors(
      createKernels(),
      { preference, nItems: N_ITEMS, features, nFeatures: 0, userPersona, nPersonas },
      { hyperParameters, seed: 1 },
    );
    HISTORIES.forEach((history, u) => {
      const { embedding } = foldIn(MODEL, history, { personaIndex: u % 3 });
      embedding.forEach((value, f) => expect(value).toBeCloseTo(userEmbeddings[u * 8 + f], 5));
    });
  });

  it('gives exactly the old scores back when a thumb is taken back', () => {
    const before = scoreAll(MODEL, foldIn(MODEL, historyOf([0, 3, 6])));
    const during = scoreAll(MODEL, foldIn(MODEL, historyOf([0, 3, 6], [9])));
    const after = scoreAll(MODEL, foldIn(MODEL, historyOf([0, 3, 6])));
    expect(during).not.toEqual(before);
    expect(after).toEqual(before);
  });

  it('lowers the items that are like a disliked one', () => {
    const before = scoreAll(MODEL, foldIn(MODEL, historyOf([0, 1])));
    const after = scoreAll(MODEL, foldIn(MODEL, historyOf([0, 1], [4])));
    const change = (group: number) =>
      before.reduce((sum, score, i) => sum + (i % 3 === group && i !== 4 ? after[i] - score : 0), 0);
    expect(change(1)).toBeLessThan(0);
    expect(change(1)).toBeLessThan(change(0));
    expect(change(1)).toBeLessThan(change(2));
  });

  it('lets dislikes take from an item what likes gave it, and of more only a twentieth', () => {
    expect(takenFrom(2, 1)).toBe(1);
    expect(takenFrom(2, 2)).toBe(2);
    expect(takenFrom(2, 4)).toBeCloseTo(2.1, 12);
    expect(takenFrom(-1, 4)).toBeCloseTo(0.2, 12);
    expect(takenFrom(2, -1)).toBe(-1);
  });

  describe('of whose dealings the times are known', () => {
    const DAY = 86_400_000;
    const aging = { ...MODEL, hyperParameters: { ...MODEL.hyperParameters, halfLife: 10 } };
    const timed = (days: readonly number[]) => ({
      ...historyOf([0, 1, 2]),
      at: Float64Array.from(days, (day) => 20_000 * DAY + day * DAY),
    });
    const preferencesOf = (history: ReturnType<typeof historyOf>, model = aging) => [
      ...foldIn(model, history).preference,
    ];

    it('counts what was liked a half-life before the latest dealing half, but for the tenth that lasts', () => {
      const [oldest, older, latest] = preferencesOf(timed([0, 10, 20]));
      expect(latest).toBe(1);
      expect(older).toBeCloseTo(0.1 + 0.9 / 2, 6);
      expect(oldest).toBeCloseTo(0.1 + 0.9 / 4, 6);
      expect(preferencesOf(timed([0, 3_650, 7_300]))[0]).toBeCloseTo(0.1, 6);
    });

    it('lets nothing age while nothing happens, where no time is known, and under no half-life', () => {
      expect(preferencesOf(timed([0, 10, 20]))).toEqual(preferencesOf(timed([100, 110, 120])));
      expect(preferencesOf(historyOf([0, 1, 2]))).toEqual([1, 1, 1]);
      expect(preferencesOf({ ...historyOf([0, 1, 2]), at: Float64Array.of(5, 6, 20_000 * DAY) })).toEqual([
        1, 1, 1,
      ]);
      expect(preferencesOf(timed([0, 10, 20]), MODEL)).toEqual([1, 1, 1]);
    });

    it('explains the scores it gives', () => {
      const state = foldIn(aging, timed([0, 5, 20]));
      const scores = scoreAll(aging, state);
      scores.forEach((score, item) => expect(explain(aging, state, item).total).toBeCloseTo(score, 5));
      expect(scores).not.toEqual(scoreAll(MODEL, foldIn(MODEL, timed([0, 5, 20]))));
    });
  });

  it('weighs a purchase more than a view and less than a like', () => {
    const scoreOf = (strength: number, opinion: number, purchased: number) =>
      scoreAll(
        MODEL,
        foldIn(MODEL, {
          indices: Int32Array.of(0),
          strength: Float32Array.of(strength),
          opinion: Int8Array.of(opinion),
          purchased: Uint8Array.of(purchased),
        }),
      ).reduce((sum, score, i) => sum + (i % 3 === 0 ? score : 0), 0);
    expect(scoreOf(1, 0, 0)).toBeLessThan(scoreOf(0, 0, 1));
    expect(scoreOf(0, 0, 1)).toBeLessThan(scoreOf(6, 1, 0));
  });

  it('does not depend on the order of the history', () => {
    const forward = historyOf([0, 3, 6], [4]);
    const backward = {
      indices: forward.indices.slice().reverse(),
      strength: forward.strength.slice().reverse(),
      opinion: forward.opinion.slice().reverse(),
      purchased: forward.purchased.slice().reverse(),
    };
    const scores = scoreAll(MODEL, foldIn(MODEL, backward));
    scoreAll(MODEL, foldIn(MODEL, forward)).forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 5));
  });

  it('refuses unknown items and personas, arrays of different lengths and numbers that are not finite', () => {
    const history = historyOf([1, 2]);
    expect(() => foldIn(MODEL, historyOf([N_ITEMS]))).toThrow(InvalidShapeError);
    expect(() => foldIn(MODEL, history, { personaIndex: 3 })).toThrow(InvalidShapeError);
    expect(() => foldIn(MODEL, { ...history, opinion: new Int8Array(1) })).toThrow(InvalidShapeError);
    expect(() => foldIn(MODEL, { ...history, strength: Float32Array.of(1, Infinity) })).toThrow(
      NotFiniteError,
    );
  });
});

describe('an explanation', () => {
  it('adds up to the score, within a ten-thousandth of the largest, for every user and item', () => {
    HISTORIES.slice(0, 60).forEach((history, u) => {
      const state = foldIn(MODEL, history, { personaIndex: u % 3 });
      const scores = scoreAll(MODEL, state);
      const largest = scores.reduce((max, score) => Math.max(max, Math.abs(score)), 0);
      for (let item = 0; item < N_ITEMS; item++) {
        const { persona, popularity, contributions, total } = explain(MODEL, state, item);
        const sum = contributions.reduce((a, b) => a + b, 0) + persona + popularity;
        expect(Math.abs(sum - scores[item])).toBeLessThan(1e-4 * largest);
        expect(Math.abs(total - scores[item])).toBeLessThan(1e-4 * largest);
      }
    });
  });

  it('credits likes of the same taste and debits dislikes of it', () => {
    // An item that the disliked one is directly related to.
    const { indptr, indices, values } = MODEL.itemToItem;
    const row = Array.from(indices.subarray(indptr[6], indptr[7]));
    const near = row.find((item, p) => item % 3 === 0 && item !== 0 && values[indptr[6] + p] > 0.01)!;
    const state = foldIn(MODEL, historyOf([0, 1], [6]));
    const { contributions } = explain(MODEL, state, near);
    const byItem = new Map(Array.from(state.indices, (item, p) => [item, contributions[p]]));
    expect(byItem.get(0)).toBeGreaterThan(byItem.get(1)!);
    expect(byItem.get(0)).toBeGreaterThan(0);
    expect(byItem.get(6)).toBeLessThan(0);
  });

  it('names only persona and popularity for a user without a history', () => {
    const state = foldIn(MODEL, historyOf([]), { personaIndex: 1 });
    const { persona, popularity, contributions, total } = explain(MODEL, state, 1);
    expect(contributions.length).toBe(0);
    expect(persona).toBeGreaterThan(0);
    expect(persona + popularity).toBeCloseTo(total, 10);
  });

  it('is refused for an item the model does not have', () => {
    const state = foldIn(MODEL, historyOf([]));
    for (const item of [-1, N_ITEMS, NaN])
      expect(() => explain(MODEL, state, item)).toThrow(InvalidShapeError);
  });
});

describe('similarity', () => {
  it('finds the items of the same taste', () => {
    const similar = similarItems(MODEL, 5, { n: 10 });
    expect(similar).toHaveLength(10);
    expect(similar.map(({ itemIndex }) => itemIndex % 3)).toEqual(new Array(10).fill(2));
    expect(similar.map(({ similarity }) => similarity)).toEqual(
      similar.map(({ similarity }) => similarity).sort((a, b) => b - a),
    );
    expect(similar[0].similarity).toBeLessThanOrEqual(1 + 1e-6);
  });

  it('leaves out the items that are not allowed', () => {
    const all = similarItems(MODEL, 5, { n: 4 });
    const rest = similarItems(MODEL, 5, { n: 3, isAllowed: (item) => item !== all[0].itemIndex });
    expect(rest).toEqual(all.slice(1));
  });

  it('is refused for what the model does not have', () => {
    expect(() => similarItems(MODEL, N_ITEMS, { n: 3 })).toThrow(InvalidShapeError);
  });
});
