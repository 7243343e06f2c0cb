export * from './admin.js';
export { createMongoStore } from './mongo-store.js';
export { openRawDatabase, type RawDatabase } from './raw-database.js';
export { openShardAdmin } from './shard-admin.js';
export { SHARD_KEYS, UNSHARDED } from './shard-keys.js';
export * from './shard-plan.js';
export { topologyOf } from './topology.js';
