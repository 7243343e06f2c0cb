import { describe, expect, it } from 'vitest';

import {
  completeHyperParameters,
  createContentIndex,
  createItemSource,
  explain,
  fitRecommender,
  foldIn,
  packRecommender,
  scoreAll,
  unpackRecommender,
  withNewItems,
} from '../../../server/learning/factorization/index.js';
import { completed, historyOf, inputOf, tastes } from './example-data.js';

const nItems = 60;
/** Item i has the feature of its group, i % 3, and another of its own eighth. */
const featuresOf = (item: number) => [item % 3, 3 + (item % 8)];
const input = inputOf(tastes({ nUsers: 300, nItems, nGroups: 3, seed: 2 }), nItems, {
  itemFeatures: Array.from({ length: nItems }, (_, item) => featuresOf(item)),
});
const trained = fitRecommender(input, {
  seed: 1,
  hyperParameters: completeHyperParameters({ nComponents: 8, nNeighbours: 12, nSweeps: 3 }),
});

describe('items newer than the model', () => {
  const neighboursOf = createContentIndex(trained);
  const added = [neighboursOf(featuresOf(0)), neighboursOf([99, 1, 1]), neighboursOf([99])];
  const source = createItemSource(trained);
  const model = completed(withNewItems(source, trained, added));

  it('are like the trained items with the same content', () => {
    const [{ indices, similarities }, partly, unlike] = added;
    expect(indices[0] % 3).toBe(0);
    expect(similarities[0]).toBeCloseTo(1, 5);
    expect([...partly.indices].every((item) => item % 3 === 1)).toBe(true);
    expect(unlike.indices).toHaveLength(0);
  });

  it('rank by the taste of a user, and unrelated items stay at zero', () => {
    const scores = (likes: readonly number[]) =>
      scoreAll(model, foldIn(model, historyOf(likes))).subarray(nItems);
    const [first, second, unlike] = scores([0, 3, 6, 9]);
    expect(first).toBeGreaterThan(second);
    expect(unlike).toBeCloseTo(0, 6);
    const [other, own] = scores([1, 4, 7, 10]);
    expect(own).toBeGreaterThan(other);
  });

  it('leave the scores of trained items as they were', () => {
    const state = foldIn(trained, historyOf([0, 3, 7], [5]));
    const before = scoreAll(trained, state);
    const after = scoreAll(model, foldIn(model, historyOf([0, 3, 7], [5])));
    before.forEach((score, item) => expect(after[item]).toBeCloseTo(score, 6));
    expect(trained.nItems).toBe(nItems);
  });

  it('have exact explanations, as candidates and in the history', () => {
    const state = foldIn(model, historyOf([0, 3, nItems], [5, nItems + 1]));
    scoreAll(model, state).forEach((score, item) =>
      expect(explain(model, state, item).total).toBeCloseTo(score, 5),
    );
    const entry = state.indices.indexOf(0);
    const { contributions } = explain(model, foldIn(model, historyOf([0, 4])), nItems);
    expect(contributions[entry]).toBeGreaterThan(0);
  });

  it('make the same model whether they come at once or one after the other', () => {
    const one = completed(withNewItems(source, trained, added.slice(0, 1)));
    const all = completed(withNewItems(source, one, added.slice(1)));
    expect(packRecommender(all)).toEqual(packRecommender(model));
    expect(packRecommender(one).meta.nItems).toBe(nItems + 1);
  });

  it('are added in steps, at least one for each of them', () => {
    const steps = withNewItems(source, trained, added);
    for (const _ of added) expect(steps.next().done).toBe(false);
  });

  it('teach something when they are liked', () => {
    const scores = scoreAll(model, foldIn(model, historyOf([nItems])));
    const meanOf = (group: number) => {
      const own = Array.from(scores.subarray(0, nItems)).filter((_, item) => item % 3 === group);
      return own.reduce((a, b) => a + b, 0) / own.length;
    };
    expect(meanOf(0)).toBeGreaterThan(meanOf(1));
  });

  it('can be added to a stored model, but not to a model without content', () => {
    const stored = unpackRecommender(packRecommender(trained));
    expect(createContentIndex(stored)(featuresOf(0))).toEqual(added[0]);
    const { featureWeights, featureIndptr, featureIndices, featureValues, ...arrays } =
      packRecommender(trained).arrays;
    expect(
      featureWeights.length + featureIndptr.length + featureIndices.length + featureValues.length,
    ).toBeGreaterThan(0);
    const earlier = unpackRecommender({
      ...packRecommender(trained),
      arrays: arrays as ReturnType<typeof packRecommender>['arrays'],
    });
    expect(earlier.featureWeights).toHaveLength(0);
  });
});
