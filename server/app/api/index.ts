export * from './api.js';
export { createTokens } from './tokens.js';
export type { Identity, TokenRequest, Tokens } from './tokens.js';
