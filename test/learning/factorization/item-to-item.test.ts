import { describe, expect, it } from 'vitest';

import { likeRateOf } from '../../../server/learning/factorization/like-rate.js';
import { completeHyperParameters } from '../../../server/learning/factorization/hyper-parameters.js';
import { splitIntoCells } from '../../../server/learning/factorization/item-cells.js';
import { fitItemToItem } from '../../../server/learning/factorization/item-to-item.js';
import { preferenceRows } from '../../../server/learning/factorization/signals.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import { createRandom, type SparseRows } from '../../../server/learning/linalg/index.js';
import { inputOf, tastes } from './example-data.js';

const N_ITEMS = 90;

function fit(changes: {
  nNeighbours?: number;
  embeddingWeight?: number;
  maxCellItems?: number;
  onProgress?: (f: number) => void;
}) {
  const { embeddingWeight = 6, nNeighbours = 8, ...options } = changes;
  const hyperParameters = completeHyperParameters({ nComponents: 8, nNeighbours, embeddingWeight });
  const input = inputOf(tastes({ nUsers: 120, nItems: N_ITEMS, nGroups: 5, seed: 2 }), N_ITEMS);
  const preference = preferenceRows(input.interactions, N_ITEMS, hyperParameters);
  const random = createRandom(3);
  const itemEmbeddings = Float32Array.from({ length: N_ITEMS * 8 }, () => random.normal());
  const features = {
    indptr: new Int32Array(N_ITEMS + 1),
    indices: new Int32Array(0),
    values: new Float32Array(0),
  };
  return fitItemToItem(
    createKernels(),
    {
      ...{ preference, nItems: N_ITEMS, features, nFeatures: 0, itemEmbeddings },
      likeRate: likeRateOf(preference, N_ITEMS),
    },
    { hyperParameters, ...options },
  );
}

function entriesOf({ indptr, indices, values }: SparseRows): Map<string, number> {
  const entries = new Map<string, number>();
  for (let row = 0; row + 1 < indptr.length; row++)
    for (let p = indptr[row]; p < indptr[row + 1]; p++) entries.set(`${row},${indices[p]}`, values[p]);
  return entries;
}

describe('the item-to-item term of a large catalogue', () => {
  it('is that of all pairs where only items with a user in common have anything to do with each other', () => {
    // With all of them as neighbours, since which of equal ones come in depends on the order.
    const own = { embeddingWeight: 0, nNeighbours: N_ITEMS };
    const all = entriesOf(fit(own));
    const inCells = entriesOf(fit({ ...own, maxCellItems: 16 }));
    expect([...inCells.keys()]).toEqual([...all.keys()]);
    for (const [pair, value] of all) expect(inCells.get(pair)).toBeCloseTo(value, 4);
  });

  it('keeps most neighbours that all pairs would give, and the same bytes every time', () => {
    const all = entriesOf(fit({}));
    const inCells = fit({ maxCellItems: 16 });
    const kept = [...entriesOf(inCells).keys()].filter((pair) => all.has(pair));
    expect(kept.length).toBeGreaterThan(0.75 * all.size);
    expect(fit({ maxCellItems: 16 })).toEqual(inCells);
  });

  it('reports progress that rises to the end', () => {
    const fractions: number[] = [];
    fit({ maxCellItems: 16, onProgress: (fraction) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });
});

describe('cells of items', () => {
  it('hold every item once, are small, start at multiples of eight, and part groups that lie apart', () => {
    const random = createRandom(1);
    const n = 203;
    const embeddings = Float32Array.from({ length: n * 8 }, (_, p) => {
      const group = (p >> 3) % 2;
      return random.normal() + (p % 8 === 3 ? 20 * group : 0);
    });
    const { order, cellStart } = splitIntoCells(embeddings, n, 56);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    const sizes = new Map<number, number>();
    cellStart.forEach((start) => sizes.set(start, (sizes.get(start) ?? 0) + 1));
    for (const [start, size] of sizes) {
      expect(start % 8).toBe(0);
      expect(size).toBeLessThanOrEqual(56);
    }
    const first = Array.from(order.subarray(0, 96), (item) => item % 2);
    expect(new Set(first).size).toBe(1);
  });
});
