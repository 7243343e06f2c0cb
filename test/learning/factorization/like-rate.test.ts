import { describe, expect, it } from 'vitest';

import { likeRateOf } from '../../../server/learning/factorization/like-rate.js';
import { completeHyperParameters } from '../../../server/learning/factorization/index.js';
import { preferenceRows } from '../../../server/learning/factorization/signals.js';
import { historyOf, inputOf } from './example-data.js';

const rowsOf = (histories: ReturnType<typeof historyOf>[], nItems: number) =>
  preferenceRows(inputOf(histories, nItems).interactions, nItems, completeHyperParameters());

describe('the like rate of items', () => {
  it('is one for all where nobody dislikes anything, and for an item nobody has met', () => {
    expect(likeRateOf(rowsOf([historyOf([0, 1]), historyOf([1])], 3), 3)).toEqual(Float32Array.of(1, 1, 1));
    expect(likeRateOf(rowsOf([historyOf([0], [1])], 3), 3)[2]).toBeCloseTo(1, 6);
    expect(likeRateOf(rowsOf([historyOf([], [1])], 2), 2)).toEqual(Float32Array.of(1, 1));
  });

  it('falls with the share of those who disliked an item', () => {
    const [loved, mixed, hated] = likeRateOf(
      rowsOf(
        Array.from({ length: 40 }, (_, u) => historyOf(u % 2 ? [0, 1] : [0], u % 2 ? [2] : [1, 2])),
        3,
      ),
      3,
    );
    expect(loved).toBeGreaterThan(1);
    expect(mixed).toBeLessThan(loved);
    expect(hated).toBeLessThan(mixed);
    expect(hated).toBeGreaterThan(0);
  });
});
