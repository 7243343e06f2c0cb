export * from './pseudonym.js';
export * from './secret-text.js';
export * from './discrete-laplace.js';
export * from './password.js';
export * from './gaussian-numbers.js';
export * from './renyi.js';
