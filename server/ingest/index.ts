/** Stage 1: file readers and the synthesiser. They yield batches and write nothing to the store. */

export { eventId, sessionKey } from './event-id.js';
export * from './read-events.js';
export * from './read-items.js';
export * from './read-ratings.js';
export { MAX_RECORD_BYTES } from './record-framer.js';
export * from './synthesis/behaviour-model.js';
export { WEEK_MS } from './synthesis/calendar.js';
export { HABITS, PARAMETERS } from './synthesis/parameters.js';
export { tasteVector } from './synthesis/person.js';
export * from './synthesis/shopper.js';
export * from './synthesis/synthesize.js';
export { dominantArchetype, readTruth, trueAffinity, writeTruth } from './synthesis/truth.js';
export type { Truth } from './synthesis/truth.js';
export type { Act } from './synthesis/week.js';
export type { World } from './synthesis/world.js';
export { nameOfSource } from './table-reader.js';
export type { ReadBatch, Reject, TableSource } from './table-reader.js';
