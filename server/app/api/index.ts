export * from './api.js';
export { readManifest } from './operations.js';
export { createTokens } from './tokens.js';
export type { Identity, TokenRequest, Tokens } from './tokens.js';
