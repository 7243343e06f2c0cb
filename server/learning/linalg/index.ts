export { createRandom } from './random.js';
export type { Random } from './random.js';
export { descending, symmetricEigen } from './symmetric-eigen.js';
export type { SymmetricEigen } from './symmetric-eigen.js';
export { emptyRows, stackRows, transpose } from './sparse-rows.js';
export type { SparseRows } from './sparse-rows.js';
export { topN } from './top-n.js';
