/** The TypeScript backend: the same arithmetic in its simplest form, and the reference in tests. */
import { symmetricEigen } from '../../linalg/index.js';
import { createHeapArena } from '../arena.js';
import { assignPoints, shrinkNearest, sumDistances } from './clustering.js';
import {
  accumulateGram,
  cholesky,
  choleskySolve,
  multiplySome,
  multiplySquare,
  multiplyVectors,
} from './dense.js';
import { solveRows } from './rows.js';
import { codeRows, rowsAbove } from './screening.js';
import { nearestColumns, neighbourRidge, sparseMultiply } from './sparse.js';

import type { Kernels } from '../types.js';

export function createTypeScriptKernels(): Kernels {
  return {
    backend: 'typescript',
    arena: createHeapArena(),
    accumulateGram,
    cholesky,
    choleskySolve,
    symmetricEigen,
    multiplySome,
    multiplySquare,
    multiplyVectors,
    codeRows,
    rowsAbove,
    solveRows,
    sparseMultiply,
    nearestColumns,
    neighbourRidge,
    assignPoints,
    shrinkNearest,
    sumDistances,
  };
}
