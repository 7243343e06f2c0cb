export * from './errors.js';
export * from './open-database.js';
export { cacheFolder } from './program-folder.js';
export type { DatabaseKind } from './ways.js';
