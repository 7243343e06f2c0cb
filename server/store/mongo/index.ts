export * from './admin.js';
export * from './mongo-store.js';
export { openRawDatabase, type RawDatabase } from './raw-database.js';
