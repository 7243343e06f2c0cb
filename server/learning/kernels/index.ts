export type { Arena } from './arena.js';
export { createKernels } from './kernels.js';
export type {
  ColumnGram,
  Kernels,
  NeighbourRidgeArguments,
  NearestColumnsArguments,
  Neighbours,
  SolveRowsArguments,
  WeightedRows,
} from './types.js';
