/** The numerical core: pure functions over typed arrays, seeded, no input or output and no clock. */
export * from './clustering/index.js';
export * from './errors.js';
export * from './evaluation/index.js';
export * from './factorization/index.js';
export * from './linalg/index.js';
export * from './ranking/index.js';
