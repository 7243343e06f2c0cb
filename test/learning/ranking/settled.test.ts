/** The rule by which lists are served, evaluated and compared. */

import { describe, expect, it } from 'vitest';

import { isSettled, settledItems, settledRows } from '../../../server/learning/index.js';

/** viewed, liked, disliked, bought, given three stars. */
const VIEWED = 0;
const LIKED = 1;
const DISLIKED = 2;
const BOUGHT = 3;
const RATED = 4;
const history = {
  indices: Int32Array.of(10, 11, 12, 13, 14),
  strength: Float32Array.of(1, 6, 0, 5, 1),
  opinion: Int8Array.of(0, 1, -1, 0, 0),
  purchased: Uint8Array.of(0, 0, 0, 1, 0),
  rated: Uint8Array.of(0, 0, 0, 0, 1),
};

const settledBy = (...reasons: ('rated' | 'bought' | 'viewed')[]) =>
  [VIEWED, LIKED, DISLIKED, BOUGHT, RATED].filter((entry) => isSettled(history, entry, new Set(reasons)));

describe('an item is settled', () => {
  it('whatever the rule says where it was disliked', () => {
    expect(settledBy()).toEqual([DISLIKED]);
  });

  it('by a thumb and by stars in the middle alike', () => {
    expect(settledBy('rated')).toEqual([LIKED, DISLIKED, RATED]);
  });

  it('by a purchase', () => {
    expect(settledBy('bought')).toEqual([DISLIKED, BOUGHT]);
    expect(settledBy('rated', 'bought')).toEqual([LIKED, DISLIKED, BOUGHT, RATED]);
  });

  it('by any dealing where views count', () => {
    expect(settledBy('viewed')).toEqual([VIEWED, LIKED, DISLIKED, BOUGHT, RATED]);
  });

  it('in the rows of all users as it is in a history', () => {
    const rows = settledRows({ ...history, indptr: Int32Array.of(0, 2, 2, 5) }, new Set(['rated'] as const));
    expect([...rows.indptr]).toEqual([0, 1, 1, 3]);
    expect([...rows.indices]).toEqual([11, 12, 14]);
    expect([...settledItems(history, new Set(['rated'] as const))]).toEqual([11, 12, 14]);
  });

  it('by no stars where a history does not say who rated', () => {
    const { rated: _rated, ...older } = history;
    expect(isSettled(older, RATED, new Set(['rated'] as const))).toBe(false);
  });
});
