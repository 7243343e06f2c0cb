export * from './api.js';
export { PortError, createDoor } from './door.js';
export type { Door } from './door.js';
export { readManifest } from './operations.js';
export { createTokens } from './tokens.js';
export type { Identity, TokenRequest, Tokens } from './tokens.js';
