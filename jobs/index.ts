export * from './scheduler/index.js';
export * from './tasks/index.js';
