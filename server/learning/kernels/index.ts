export type { Arena } from './arena.js';
export { createKernels } from './kernels.js';
export { sharedFloat32, sharedFloat64, sharedInt32 } from './shared-memory.js';
export { runParts } from './shared-parts.js';
export type { SharedTask } from './shared-parts.js';
export { loadKernels } from './web-assembly.js';
export { UNSHARED_KERNELS_BASE64 } from './generated/unshared-binary.js';
export type {
  CodedRows,
  ColumnGram,
  KernelBinary,
  KernelExports,
  Kernels,
  KernelThreads,
  NeighbourRidgeArguments,
  NearestColumnsArguments,
  Neighbours,
  RunCalls,
  SolveRowsArguments,
  WeightedRows,
} from './types.js';
