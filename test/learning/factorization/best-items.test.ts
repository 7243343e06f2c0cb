/** The best items of a large catalogue: the same as by the scores of all items. */

import { describe, expect, it } from 'vitest';

import {
  DEFAULT_HYPER_PARAMETERS,
  bestItems,
  foldIn,
  itemsFrom,
  scoreAll,
} from '../../../server/learning/factorization/index.js';
import type { History, RecommenderModel } from '../../../server/learning/factorization/index.js';
import { createRandom, emptyRows, topN } from '../../../server/learning/linalg/index.js';
import type { Random, SparseRows } from '../../../server/learning/linalg/index.js';

const N_ITEMS = 30_001;
const D = 16;
const N = 10;

const random = createRandom(11);
const MODEL = randomModel();

/** Random factors whose norm grows with popularity, as fitted ones do. */
function randomModel(): RecommenderModel {
  const popularity = Float32Array.from({ length: N_ITEMS }, () => random.next() ** 4);
  const rows = (nRows: number) => sparse(nRows, 20);
  return {
    ...{ nItems: N_ITEMS, nTrainedItems: N_ITEMS, nPersonas: 1, recordedUntil: 0 },
    hyperParameters: {
      ...DEFAULT_HYPER_PARAMETERS,
      ...{ nComponents: D, sequenceWeight: 0.5, companionWeight: 0.3, newcomerWeight: 0.4 },
    },
    itemEmbeddings: Float32Array.from(
      { length: N_ITEMS * D },
      (_, at) => random.normal() * (0.1 + popularity[Math.floor(at / D)]),
    ),
    ridge: new Float32Array(D).fill(0.5),
    personaPriors: Float32Array.from({ length: 2 * D }, () => 0.1 * random.normal()),
    popularity,
    shares: popularity.map((share) => share ** 2),
    recentPopularity: new Float32Array(N_ITEMS),
    features: emptyRows(N_ITEMS),
    featureWeights: new Float32Array(0),
    itemToItem: rows(N_ITEMS),
    sequence: rows(N_ITEMS),
    companions: rows(2 * N_ITEMS),
  };
}

function sparse(nRows: number, perRow: number): SparseRows {
  return {
    indptr: Int32Array.from({ length: nRows + 1 }, (_, row) => row * perRow),
    indices: Int32Array.from({ length: nRows * perRow }, () => random.int(N_ITEMS)),
    values: Float32Array.from({ length: nRows * perRow }, () => 0.2 * random.next()),
  };
}

function historyOf(nEntries: number, by: Random): History {
  const indices = Int32Array.from(new Set(Array.from({ length: nEntries }, () => by.int(N_ITEMS)))).sort();
  return {
    indices,
    strength: Float32Array.from(indices, () => 3),
    opinion: Int8Array.from(indices, () => [1, 1, 0, -1][by.int(4)]),
    purchased: new Uint8Array(indices.length),
  };
}

describe('the best items of a large catalogue', () => {
  it.each([0, 1, 5, 40, 200])('are those of all scores, for a history of %i entries', (nEntries) => {
    for (let round = 0; round < 10; round++) {
      const state = foldIn(MODEL, historyOf(nEntries, createRandom(round)), { personaIndex: 0 });
      const scores = scoreAll(MODEL, state);
      for (const [name, isAllowed] of Object.entries(RULES)) {
        const expected = topN(scores, N, isAllowed);
        const { items, scores: own } = bestItems(MODEL, state, N, isAllowed);
        expect([...items], name).toEqual([...expected]);
        expect([...own], name).toEqual(Array.from(expected, (item) => scores[item]));
      }
    }
  });
});

describe('the items that score as well as an item', () => {
  it('are those of all scores, near the top and far from it', () => {
    const state = foldIn(MODEL, historyOf(40, createRandom(1)), { personaIndex: 0 });
    const scores = scoreAll(MODEL, state);
    const ranked = topN(scores, N_ITEMS);
    for (const rank of [0, 1, 50, 1_000, 20_000, N_ITEMS - 1]) {
      const found = itemsFrom(MODEL, state, ranked[rank]);
      expect([...found.items].sort((a, b) => a - b)).toEqual(
        [...ranked.subarray(0, rank + 1)].sort((a, b) => a - b),
      );
      found.items.forEach((item, k) => expect(found.scores[k]).toBe(scores[item]));
    }
  });
});

const RULES: Record<string, (item: number) => boolean> = {
  all: () => true,
  half: (item) => item % 2 === 0,
  'unpopular items only': (item) => MODEL.popularity[item] < 0.3,
  'fewer than asked for': (item) => item < 4,
  none: () => false,
};
