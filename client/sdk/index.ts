/** For frontends of any framework: a client, values that stay up to date, and a typed document for every operation. */

export * from './client.js';
export * from './errors.js';
export type { Follow, FollowOptions, Revised } from './follow.js';
export * from './recommendations.js';
export * from '../generated/graphql.js';
