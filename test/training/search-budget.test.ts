/** When a training run repeats the whole search for hyper-parameters. */

import { describe, expect, it } from 'vitest';

import { searchBudget } from '../../server/training/search-budget.js';

const ALL_KNOWN = [0, 1, 2, 3];

describe('the budget of a search', () => {
  it.each([
    { data: 'the first', version: null, nSearched: 1_000, itemIndex: ALL_KNOWN, firstLadder: undefined },
    { data: 'similar', version: 5, nSearched: 900, itemIndex: [0, 1, 2, -1], firstLadder: 5 },
    { data: 'many more', version: 5, nSearched: 500, itemIndex: ALL_KNOWN, firstLadder: undefined },
    { data: 'far fewer', version: 5, nSearched: 2_000, itemIndex: ALL_KNOWN, firstLadder: undefined },
    { data: 'unsearched', version: 5, nSearched: 0, itemIndex: ALL_KNOWN, firstLadder: undefined },
    { data: 'other', version: 5, nSearched: 1_000, itemIndex: [0, -1, -1, -1], firstLadder: undefined },
  ])('for $data data begins at ladder $firstLadder', ({ version, nSearched, itemIndex, firstLadder }) => {
    const active = version === null ? null : { version, nSearched, itemIndex: Int32Array.from(itemIndex) };
    const dataset = { nItems: 4, interactions: { indices: new Int32Array(1_000) } };
    expect(searchBudget({ active, dataset })).toEqual({ maxFits: 8, firstLadder });
  });
});
