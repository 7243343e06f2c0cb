export { MAX_BULK_ROWS } from './arguments.js';
export * from './build-schema.js';
export type * from './context.js';
