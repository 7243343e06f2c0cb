/** The GraphQL contract: types, inputs, enums and scalars. No logic. */

import 'reflect-metadata';

export * from './enums/index.js';
export * from './inputs/index.js';
export * from './scalars/index.js';
export * from './types/index.js';
