/** The assignment problem (Kuhn 1955) by shortest augmenting paths with potentials, O(rows^2 * columns). */

import { InvalidShapeError } from '../errors.js';

/**
 * The column of each row, Int32Array [nRows], with distinct columns and minimal total cost; -1 for rows without a
 * column when there are more rows than columns. `cost` is Float64Array, row-major [nRows, nColumns], finite. Throws
 * InvalidShapeError.
 */
export function assign(cost: Float64Array, nRows: number, nColumns: number): Int32Array {
  if (cost.length !== nRows * nColumns) {
    throw new InvalidShapeError(`${cost.length} costs do not make ${nRows} rows of ${nColumns}.`);
  }
  if (nRows <= nColumns) return assignRows(nRows, nColumns, (row, column) => cost[row * nColumns + column]);
  const rowOf = assignRows(nColumns, nRows, (column, row) => cost[row * nColumns + column]);
  const columnOf = new Int32Array(nRows).fill(-1);
  rowOf.forEach((row, column) => (columnOf[row] = column));
  return columnOf;
}

/** nRows <= nColumns. Row and column 0 of the arrays are sentinels. */
function assignRows(
  nRows: number,
  nColumns: number,
  costOf: (row: number, column: number) => number,
): Int32Array {
  const rowPotential = new Float64Array(nRows + 1);
  const columnPotential = new Float64Array(nColumns + 1);
  const rowAt = new Int32Array(nColumns + 1);
  for (let row = 1; row <= nRows; row++) {
    const distance = new Float64Array(nColumns + 1).fill(Infinity);
    const cameFrom = new Int32Array(nColumns + 1);
    const isDone = new Uint8Array(nColumns + 1);
    rowAt[0] = row;
    let column = 0;
    do {
      isDone[column] = 1;
      const current = rowAt[column];
      let least = Infinity;
      let next = 0;
      for (let c = 1; c <= nColumns; c++) {
        if (isDone[c] === 1) continue;
        const reduced = costOf(current - 1, c - 1) - rowPotential[current] - columnPotential[c];
        if (reduced < distance[c]) {
          distance[c] = reduced;
          cameFrom[c] = column;
        }
        if (distance[c] < least) {
          least = distance[c];
          next = c;
        }
      }
      for (let c = 0; c <= nColumns; c++) {
        if (isDone[c] === 1) {
          rowPotential[rowAt[c]] += least;
          columnPotential[c] -= least;
        } else distance[c] -= least;
      }
      column = next;
    } while (rowAt[column] !== 0);
    while (column !== 0) {
      const before = cameFrom[column];
      rowAt[column] = rowAt[before];
      column = before;
    }
  }
  const columnOf = new Int32Array(nRows);
  for (let column = 1; column <= nColumns; column++)
    if (rowAt[column] > 0) columnOf[rowAt[column] - 1] = column - 1;
  return columnOf;
}
