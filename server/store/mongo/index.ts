export * from './admin.js';
export * from './mongo-store.js';
