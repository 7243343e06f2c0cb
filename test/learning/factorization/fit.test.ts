import { describe, expect, it } from 'vitest';

import { InvalidShapeError, NotFiniteError } from '../../../server/learning/errors.js';
import {
  fitRecommender,
  foldIn,
  packRecommender,
  scoreAll,
  unpackRecommender,
  type RecommenderModel,
} from '../../../server/learning/factorization/index.js';
import { checkerboard, historyOf, inputOf, tastes } from './example-data.js';

const SMALL = { nComponents: 8, nNeighbours: 10 };

function expectFinite(model: RecommenderModel): void {
  for (const array of Object.values(packRecommender(model).arrays)) {
    expect(array.every((value) => Number.isFinite(value))).toBe(true);
  }
  expect(scoreAll(model, foldIn(model, historyOf([]))).every(Number.isFinite)).toBe(true);
}

describe('fitting a recommender', () => {
  it('solves the checkerboard: the withheld diagonal ranks before every item of the other colour', () => {
    const n = 20;
    const histories = checkerboard(n);
    const model = fitRecommender(inputOf(histories, n), { seed: 1, hyperParameters: SMALL });
    histories.forEach((history, u) => {
      const scores = scoreAll(model, foldIn(model, history));
      for (let i = 0; i < n; i++) if (i % 2 !== u % 2) expect(scores[u]).toBeGreaterThan(scores[i]);
    });
  });

  it('solves it by factorisation alone and by item-to-item alone', () => {
    const n = 20;
    const histories = checkerboard(n);
    for (const hyperParameters of [
      { ...SMALL, nNeighbours: 0 },
      { ...SMALL, factorWeight: 0 },
    ]) {
      const model = fitRecommender(inputOf(histories, n), { seed: 1, hyperParameters });
      const scores = scoreAll(model, foldIn(model, histories[4]));
      expect(scores[4]).toBeGreaterThan(scores[5]);
    }
  });

  it('gives the same bytes for the same seed, and others for another', () => {
    const input = inputOf(tastes({ nUsers: 60, nItems: 40, nGroups: 4, seed: 1 }), 40);
    const bytes = (seed: number) => {
      const { arrays } = packRecommender(fitRecommender(input, { seed, hyperParameters: SMALL }));
      return Object.values(arrays).map((array) => [...array]);
    };
    expect(bytes(3)).toEqual(bytes(3));
    expect(bytes(3)).not.toEqual(bytes(4));
  });

  it('ends after few sweeps from an earlier model about where many from noise do, and repeatably', () => {
    const input = inputOf(tastes({ nUsers: 300, nItems: 60, nGroups: 3, seed: 7 }), 60);
    const hyperParameters = { nComponents: 8, nNeighbours: 12 };
    const long = fitRecommender(input, { seed: 1, hyperParameters: { ...hyperParameters, nSweeps: 30 } });
    const again = () => fitRecommender(input, { seed: 2, hyperParameters, start: long });
    const warm = again();
    expect(warm.itemEmbeddings).toEqual(again().itemEmbeddings);
    const history = historyOf([0, 3, 6]);
    const scores = scoreAll(warm, foldIn(warm, history));
    const expected = scoreAll(long, foldIn(long, history));
    const largest = Math.max(...expected);
    expected.forEach((score, item) => expect(Math.abs(scores[item] - score)).toBeLessThan(0.1 * largest));
    const other = fitRecommender(input, { seed: 2, hyperParameters: { nComponents: 16 }, start: long });
    expect(other.itemEmbeddings).toHaveLength(60 * 16);
  });

  it('leaves its input as it was', () => {
    const input = inputOf(tastes({ nUsers: 30, nItems: 20, nGroups: 2, seed: 1 }), 20);
    const before = structuredClone(input);
    fitRecommender(input, { seed: 1, hyperParameters: SMALL });
    expect(input).toEqual(before);
  });

  it('places an item nobody has met with the items that share its features', () => {
    const nItems = 40;
    const features = Array.from({ length: nItems }, (_, i) => [i % 4]);
    const histories = tastes({ nUsers: 200, nItems: nItems - 4, nGroups: 4, seed: 2 });
    const model = fitRecommender(inputOf(histories, nItems, { itemFeatures: features }), {
      seed: 1,
      hyperParameters: SMALL,
    });
    // Items 36..39 are new, one of each group; the user likes group 1.
    const scores = scoreAll(model, foldIn(model, historyOf([1, 5, 9, 13])));
    for (const other of [36, 38, 39]) expect(scores[37]).toBeGreaterThan(scores[other]);
  });

  it('gives a user without a history the taste of their persona', () => {
    const histories = tastes({ nUsers: 200, nItems: 40, nGroups: 2, seed: 3 });
    const input = inputOf(histories, 40, { userPersona: histories.map((_, u) => u % 2) });
    const model = fitRecommender(input, { seed: 1, hyperParameters: { ...SMALL, personaShrinkage: 5 } });
    const mean = (personaIndex: number, group: number) => {
      const scores = scoreAll(model, foldIn(model, historyOf([]), { personaIndex }));
      return scores.reduce((sum, score, i) => sum + (i % 2 === group ? score / 20 : 0), 0);
    };
    expect(mean(0, 0)).toBeGreaterThan(mean(0, 1));
    expect(mean(1, 1)).toBeGreaterThan(mean(1, 0));
  });

  it('reports progress that rises to one', () => {
    const seen: number[] = [];
    fitRecommender(inputOf(checkerboard(12), 12), {
      seed: 1,
      hyperParameters: SMALL,
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('data at the edge of sense', () => {
  it.each([
    ['no users', inputOf([], 10)],
    ['no items', inputOf([historyOf([]), historyOf([])], 0)],
    ['one user', inputOf([historyOf([1, 2], [3])], 10)],
    ['one item', inputOf([historyOf([0]), historyOf([])], 1)],
    ['no likes at all', inputOf([historyOf([], [1, 2]), historyOf([], [3])], 10)],
    ['nothing anybody did', inputOf([historyOf([]), historyOf([])], 10)],
  ])('%s make a finite model', (_, input) => {
    expectFinite(fitRecommender(input, { seed: 1, hyperParameters: SMALL, search: { maxFits: 2 } }));
  });

  it('a user with 10,000 events and an item with every feature make a finite model', () => {
    const nItems = 12_000;
    const all = Array.from({ length: 10_000 }, (_, i) => i);
    const features = Array.from({ length: nItems }, (_, i) => (i === 0 ? [0, 1, 2, 3, 4] : [i % 5]));
    const input = inputOf([historyOf(all), historyOf([1, 2]), historyOf([2, 3])], nItems, {
      itemFeatures: features,
    });
    const model = fitRecommender(input, { seed: 1, hyperParameters: { ...SMALL, nSweeps: 1 } });
    expectFinite(model);
    expect(scoreAll(model, foldIn(model, historyOf(all))).every(Number.isFinite)).toBe(true);
  });

  it('an item listed twice counts once, its strengths added and its later thumb kept', () => {
    const twice = {
      indices: Int32Array.of(2, 0, 2),
      strength: Float32Array.of(1, 6, 2),
      opinion: Int8Array.of(0, 1, 0),
      purchased: new Uint8Array(3),
    };
    const once = {
      indices: Int32Array.of(0, 2),
      strength: Float32Array.of(6, 3),
      opinion: Int8Array.of(1, 0),
      purchased: new Uint8Array(2),
    };
    const others = checkerboard(8);
    const pack = (first: typeof once) =>
      packRecommender(fitRecommender(inputOf([first, ...others], 8), { seed: 1, hyperParameters: SMALL }))
        .arrays;
    expect(pack(twice)).toEqual(pack(once));
  });

  it('a strength that is not finite is refused', () => {
    const history = { ...historyOf([1, 2]), strength: Float32Array.of(1, NaN) };
    expect(() => fitRecommender(inputOf([history], 5), { seed: 1 })).toThrow(NotFiniteError);
  });

  it('arrays that do not fit are refused', () => {
    const input = inputOf(checkerboard(6), 6);
    const broken = [
      { ...input, nItems: 5 },
      { ...input, userPersona: new Int32Array(3) },
      { ...input, userPersona: new Int32Array(6).fill(2) },
      { ...input, interactions: { ...input.interactions, strength: new Float32Array(1) } },
      { ...input, interactions: { ...input.interactions, indptr: Int32Array.of(0, 3, 2, 2, 2, 2, 12) } },
      { ...input, itemFeatures: { ...input.itemFeatures, indptr: new Int32Array(2) } },
    ];
    for (const bad of broken) expect(() => fitRecommender(bad, { seed: 1 })).toThrow(InvalidShapeError);
  });

  it('hyper-parameters outside their range are refused', () => {
    const input = inputOf(checkerboard(6), 6);
    for (const hyperParameters of [
      { nComponents: 10 },
      { alpha0: 0 },
      { factorWeight: NaN },
      { nSweeps: -1 },
    ]) {
      expect(() => fitRecommender(input, { seed: 1, hyperParameters })).toThrow(InvalidShapeError);
    }
  });
});

describe('a packed model', () => {
  const model = fitRecommender(inputOf(checkerboard(12), 12), { seed: 1, hyperParameters: SMALL });

  it('scores the same after a round trip', () => {
    const { meta, arrays } = packRecommender(model);
    const back = unpackRecommender({
      meta: JSON.parse(JSON.stringify(meta)) as typeof meta,
      arrays: structuredClone(arrays),
    });
    const history = historyOf([2, 4], [3]);
    expect(scoreAll(back, foldIn(back, history))).toEqual(scoreAll(model, foldIn(model, history)));
  });

  it('loads without the parts that versions stored earlier do not have, which then add nothing', () => {
    const { meta, arrays } = packRecommender(model);
    const { halfLifeItems, sequenceWeight, sequenceDecay, ...others } = meta.hyperParameters;
    const { newcomerWeight, recentPopularityWeight, recentPopularityHalfLife, ...some } = others;
    expect([halfLifeItems, sequenceWeight, sequenceDecay]).toEqual([0, 0, 0.8]);
    expect([newcomerWeight, recentPopularityWeight, recentPopularityHalfLife]).toEqual([0, 0, 7]);
    const earlier = Object.entries(arrays).filter(
      ([name]) => !/^(sequence|shares$|recentPopularity$)/.test(name),
    );
    const back = unpackRecommender({
      meta: { ...meta, hyperParameters: some as unknown as typeof meta.hyperParameters },
      arrays: Object.fromEntries(earlier) as unknown as typeof arrays,
    });
    expect(back.sequence.indices.length).toBe(0);
    expect(back.hyperParameters).toEqual(model.hyperParameters);
    const history = historyOf([2, 4], [3]);
    expect(scoreAll(back, foldIn(back, history))).toEqual(scoreAll(model, foldIn(model, history)));
  });

  it('is refused when a part is missing, short or not finite', () => {
    const { meta, arrays } = packRecommender(model);
    const { ridge, ...rest } = arrays;
    expect(() => unpackRecommender({ meta, arrays: rest as typeof arrays })).toThrow(/ridge/);
    expect(() => unpackRecommender({ meta, arrays: { ...arrays, ridge: ridge.slice(1) } })).toThrow(/ridge/);
    expect(() => unpackRecommender({ meta, arrays: { ...arrays, ridge: ridge.map(() => NaN) } })).toThrow(
      NotFiniteError,
    );
  });
});
