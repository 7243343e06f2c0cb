/**
 * Stage 1: star ratings from `userId,itemId,rating[,timestamp]` as events: a like, a dislike, or a view in between.
 *
 * Without a timestamp an event's time is unknown: it carries its place in the file instead (see KNOWN_TIME_FROM), so
 * that of two different ratings of one item by one user the later row wins. Raw user ids do not leave this file.
 */

import { InvalidInputError, KNOWN_TIME_FROM } from '../domain/index.js';
import type { BehaviourEvent, EventType } from '../domain/index.js';

import { eventId } from './event-id.js';
import { optionalTimestamp, requiredNumber, requiredText } from './fields.js';
import { cachedPseudonyms } from './pseudonym-cache.js';
import { readTable } from './table-reader.js';
import type { ReadBatch, TableRow, TableSchema, TableSource } from './table-reader.js';

const SCHEMA: TableSchema = { required: ['userId', 'itemId', 'rating'], optional: ['timestamp'] };

/** Stars from half a star to five. */
export const MIN_RATING = 0.5;
export const MAX_RATING = 5;

export interface ReadRatingsOptions {
  /** Turns a raw user id into the stored one. */
  readonly pseudonymize: (rawId: string) => string;
  /** Ms since the epoch; ratings more than a day later are refused. */
  readonly now: number;
  /** Ratings from here up are likes, default 4. */
  readonly likeAt?: number;
  /** Ratings from here down are dislikes, default 2; must be below `likeAt`. */
  readonly dislikeAt?: number;
  /**
   * Place of the first row among rows of unknown time, default 0. Pass the number of events stored so far, and a file
   * imported later outranks an earlier one.
   */
  readonly firstPlace?: number;
}

/** Batches of events in the order of the file. Throws InvalidInputError for thresholds that cross. */
export function readRatings(
  source: TableSource,
  options: ReadRatingsOptions,
): AsyncGenerator<ReadBatch<BehaviourEvent>, void, undefined> {
  const likeAt = options.likeAt ?? 4;
  const dislikeAt = options.dislikeAt ?? 2;
  if (!(dislikeAt < likeAt)) {
    throw new InvalidInputError(
      `Dislikes end at ${dislikeAt} stars and likes begin at ${likeAt}: they overlap.`,
      'likeAt',
    );
  }
  const firstPlace = options.firstPlace ?? 0;
  const pseudonymize = cachedPseudonyms(options.pseudonymize);

  const convert = (row: TableRow): BehaviourEvent => {
    const [rawUserId, itemId, rating, timestamp] = row.values;
    const rawUser = requiredText('userId', rawUserId);
    const item = requiredText('itemId', itemId);
    const stars = requiredNumber('rating', rating, MIN_RATING, MAX_RATING);
    const at = optionalTimestamp('timestamp', timestamp, options.now);
    const type: EventType = stars >= likeAt ? 'like' : stars <= dislikeAt ? 'dislike' : 'view';
    const event = {
      userId: pseudonymize(rawUser),
      type,
      itemId: item,
      at: at ?? Math.min(firstPlace + row.line, KNOWN_TIME_FROM - 1),
      // The value of a view is its dwell, which a rating says nothing about.
      value: type === 'view' ? null : stars,
      sessionId: null,
      position: null,
      listId: null,
      device: null,
      locale: null,
    };
    return { id: eventId(event), ...event };
  };
  return readTable(source, SCHEMA, { personal: 'userId', convert });
}
