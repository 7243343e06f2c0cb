import { describe, expect, it } from 'vitest';

import { assign, createRandom, InvalidShapeError } from '../../../server/learning/index.js';

/** The least total over every way to give the smaller side out. */
function leastCost(cost: Float64Array, nRows: number, nColumns: number): number {
  if (nRows > nColumns) {
    const turned = Float64Array.from(cost, (_, at) => cost[(at % nRows) * nColumns + Math.floor(at / nRows)]);
    return leastCost(turned, nColumns, nRows);
  }
  const from = (row: number, taken: readonly number[]): number => {
    if (row === nRows) return 0;
    const open = Array.from({ length: nColumns }, (_, c) => c).filter((c) => !taken.includes(c));
    return Math.min(...open.map((c) => cost[row * nColumns + c] + from(row + 1, [...taken, c])));
  };
  return from(0, []);
}

describe('the assignment', () => {
  it.each([
    [1, 1],
    [4, 4],
    [6, 6],
    [3, 6],
    [6, 3],
  ])('of %i rows to %i columns costs as little as trying everything', (nRows, nColumns) => {
    const random = createRandom(nRows * 10 + nColumns);
    for (let round = 0; round < 25; round++) {
      const cost = Float64Array.from({ length: nRows * nColumns }, () => random.normal());
      const given = assign(cost, nRows, nColumns);
      const used = Array.from(given).filter((column) => column >= 0);
      expect(used.length).toBe(Math.min(nRows, nColumns));
      expect(new Set(used).size).toBe(used.length);
      const total = given.reduce(
        (sum, column, row) => (column < 0 ? sum : sum + cost[row * nColumns + column]),
        0,
      );
      expect(total).toBeCloseTo(leastCost(cost, nRows, nColumns), 10);
    }
  });

  it('leaves every row without a column when there are none', () => {
    expect(Array.from(assign(new Float64Array(), 3, 0))).toEqual([-1, -1, -1]);
  });

  it('refuses costs of the wrong length', () => {
    expect(() => assign(new Float64Array(5), 2, 3)).toThrow(InvalidShapeError);
  });
});
