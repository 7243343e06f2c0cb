export * from './errors.js';
export * from './open-database.js';
export type { DatabaseKind } from './ways.js';
