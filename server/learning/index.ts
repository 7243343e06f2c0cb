/** The numerical core: pure functions over typed arrays, seeded, no input or output and no clock. */
export * from './clustering/index.js';
export * from './errors.js';
export * from './evaluation/index.js';
export * from './factorization/index.js';
export { UNSHARED_KERNELS_BASE64, createKernels, loadKernels } from './kernels/index.js';
export type { KernelBinary, KernelExports, KernelThreads } from './kernels/index.js';
export * from './linalg/index.js';
export * from './portable/index.js';
export * from './ranking/index.js';
export { runSharedPart } from './shared-tasks.js';
