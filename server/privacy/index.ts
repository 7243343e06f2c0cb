export * from './pseudonym.js';
export * from './secret-text.js';
