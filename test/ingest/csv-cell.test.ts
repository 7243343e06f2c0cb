/** Cells of every CSV file this product writes. */

import { describe, expect, it } from 'vitest';

import { csvCell } from '../../server/ingest/index.js';

describe('a cell of a CSV file', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+49 30 1', "'+49 30 1"],
    ['-cmd', "'-cmd"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', `"'\rx"`],
    ['="a","b"', `"'=""a"",""b"""`],
    ['item-1', 'item-1'],
    ['a=b', 'a=b'],
    ['a,b', '"a,b"'],
    ['', ''],
    [-5, '-5'],
  ])('is no formula: %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });
});
