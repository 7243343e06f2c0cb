export * from './pseudonym.js';
export * from './secret-text.js';
export * from './discrete-laplace.js';
