/** Stage 3: events to profiles, feature rows and the data set. Pure. */

export * from './behaviour.js';
export * from './dataset.js';
export * from './item-content.js';
export * from './item-tally.js';
export * from './metric-tally.js';
export * from './prefixes.js';
export * from './profile.js';
