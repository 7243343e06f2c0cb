/** Composables of private mode, exported separately: they bundle the ranking code. */

export * from './device-history.js';
export * from './usePrivateMode.js';
