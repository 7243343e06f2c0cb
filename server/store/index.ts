export * from './repositories.js';
