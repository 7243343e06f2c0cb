import { describe, expect, it } from 'vitest';

import { companionRow, fitCompanions } from '../../../server/learning/factorization/companions.js';
import type { History } from '../../../server/learning/factorization/index.js';
import {
  completeHyperParameters,
  createItemSource,
  explain,
  fitRecommender,
  foldIn,
  packRecommender,
  scoreAll,
  unpackRecommender,
  withNewItems,
} from '../../../server/learning/factorization/index.js';
import { splitForValidation } from '../../../server/learning/factorization/validation.js';
import { judgeUser } from '../../../server/learning/index.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { completed, historyOf, inputOf, tastes } from './example-data.js';

const START = completeHyperParameters({ nComponents: 8, nNeighbours: 8, nSweeps: 2 });

describe('what users of the same opinion like', () => {
  const histories = tastes({ nUsers: 80, nItems: 24, nGroups: 3, seed: 4 });
  const { interactions } = inputOf(histories, 24);

  it('is the excess of their share of likes over the share of all users, damped by ten users, from three users on', () => {
    const { indptr, indices, values } = fitCompanions(interactions, 24, START);
    const likes = (history: History, item: number) => history.opinion[history.indices.indexOf(item)] === 1;
    const shareOf = (users: readonly History[], item: number) =>
      users.filter((history) => likes(history, item)).length;
    const most = Math.max(...Array.from({ length: 24 }, (_, item) => shareOf(histories, item)));
    for (const opinion of [1, -1]) {
      for (let item = 0; item < 24; item++) {
        const fans = histories.filter(({ indices: own, opinion: thumbs }) =>
          own.some((other, p) => other === item && thumbs[p] === opinion),
        );
        const row = companionRow(item, opinion);
        const found = new Map<number, number>();
        for (let p = indptr[row]; p < indptr[row + 1]; p++) found.set(indices[p], values[p]);
        for (let other = 0; other < 24; other++) {
          const together = shareOf(fans, other);
          const share = shareOf(histories, other) / histories.length;
          const excess = (together - fans.length * share) / (fans.length + 10) / (most / histories.length);
          const expected = other === item || together === 0 || fans.length < 3 ? 0 : excess;
          expect(found.get(other) ?? 0).toBeCloseTo(expected, 5);
        }
      }
    }
  });

  const model = fitRecommender(inputOf(histories, 24), {
    seed: 1,
    hyperParameters: { ...START, newcomerWeight: 1, companionWeight: 8 },
  });

  it('is part of the exact explanation, for likes and dislikes, and of what-if lists', () => {
    for (const history of [historyOf([]), historyOf([3]), historyOf([3, 7, 9], [4, 5])]) {
      const state = foldIn(model, history);
      scoreAll(model, state).forEach((score, item) => {
        const { persona, popularity, contributions, total } = explain(model, state, item);
        const sum = contributions.reduce((a, b) => a + b, persona + popularity);
        expect(sum).toBeCloseTo(total, 6);
        expect(total).toBeCloseTo(score, 5);
      });
    }
    // Taking a thumb back restores the scores.
    const before = scoreAll(model, foldIn(model, historyOf([3, 7])));
    expect(scoreAll(model, foldIn(model, historyOf([3, 7, 9])))).not.toEqual(before);
    expect(scoreAll(model, foldIn(model, historyOf([3, 7])))).toEqual(before);
  });

  it('is stored with the model, and adds nothing in versions that lack it', () => {
    const { meta, arrays } = packRecommender(model);
    const history = historyOf([3, 7], [4]);
    const scores = scoreAll(model, foldIn(model, history));
    const back = unpackRecommender({ meta, arrays });
    expect(scoreAll(back, foldIn(back, history))).toEqual(scores);
    const earlier = Object.entries(arrays).filter(([name]) => !name.startsWith('companion'));
    const without = unpackRecommender({ meta, arrays: Object.fromEntries(earlier) as typeof arrays });
    const plain = { ...model, hyperParameters: { ...model.hyperParameters, companionWeight: 0 } };
    expect(scoreAll(without, foldIn(without, history))).toEqual(scoreAll(plain, foldIn(plain, history)));
    expect(scoreAll(without, foldIn(without, history))).not.toEqual(scores);
  });

  it('keeps the scores of trained items when new items are added', () => {
    const similar = { indices: Int32Array.of(3), similarities: Float32Array.of(0.9) };
    const extended = completed(withNewItems(createItemSource(model), model, [similar, similar]));
    const history = historyOf([3, 7], [4]);
    const scores = scoreAll(extended, foldIn(extended, history));
    expect(scores.length).toBe(26);
    expect(scores.subarray(0, 24)).toEqual(scoreAll(model, foldIn(model, history)));
  });
});

/**
 * A dense catalogue without times. Users begin on a front page, whatever their taste, go on to the classics of their own generation, and
 * find their own niche later. They dislike items of their generation.
 */
describe('newcomers whose first likes say nothing about their taste', () => {
  const N_ITEMS = 80;
  const N_GROUPS = 5;
  const random = createRandom(11);
  const draw = (n: number, next: () => number) => {
    const items = new Set<number>();
    while (items.size < n) items.add(next());
    return [...items];
  };
  const front = () => random.int(10);
  const classic = (generation: number) => () => 10 + 10 * generation + Math.floor(10 * random.next() ** 1.5);
  const niche = (group: number) => () => 30 + group + N_GROUPS * random.int(10);
  const later = (u: number) => [...draw(5, classic(u % 2)), ...draw(5, niche(u % N_GROUPS))];
  const dislikesOf = (u: number, n: number) => draw(n, () => 70 + 5 * (u % 2) + random.int(5));
  const full = Array.from({ length: 300 }, (_, u) =>
    historyOf(
      [...draw(5, front), ...later(u)].filter((item) => item < 70),
      dislikesOf(u, 4),
    ),
  );
  const beginners = Array.from({ length: 60 }, (_, u) => historyOf(draw(5, front), dislikesOf(u, 2)));
  const input = inputOf([...full, ...beginners], N_ITEMS);

  it('are resembled by the cold users of the validation, in likes and in dislikes', () => {
    const cold = splitForValidation(input, 1).users.filter(({ isCold }) => isCold);
    const shown = cold.flatMap(({ history: { indices, opinion } }) =>
      [...indices].filter((_, p) => opinion[p] > 0),
    );
    expect(shown.filter((item) => item < 10).length / shown.length).toBeGreaterThan(0.6);
    const dislikes = cold.flatMap(({ history: { opinion } }) => [...opinion].filter((value) => value < 0));
    expect(dislikes.length / cold.length).toBeLessThan(2.5);
  });

  it('get better lists than the most popular items, from what their dislikes say about their generation', () => {
    const model = fitRecommender(input, { seed: 1, hyperParameters: START, search: { maxFits: 4 } });
    const gains = Array.from({ length: 150 }, (_, u) => {
      const history = historyOf(draw(5, front), dislikesOf(u, 2));
      const relevant = Int32Array.from(later(u));
      const ndcg = (scores: Float32Array) => judgeUser(scores, history.indices, relevant).metrics['ndcg@10'];
      return { ours: ndcg(scoreAll(model, foldIn(model, history))), popular: ndcg(model.shares) };
    });
    const mean = (of: (gain: (typeof gains)[number]) => number) =>
      gains.reduce((sum, gain) => sum + of(gain), 0) / gains.length;
    expect(mean(({ ours }) => ours)).toBeGreaterThan(1.2 * mean(({ popular }) => popular));
  });
});
