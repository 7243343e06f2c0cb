/**
 * Stage 1: reads ratings as events: a like, a dislike, or a rating in between, by the rule from `planTable`.
 *
 * Without a timestamp, an event's time is unknown and replaced by its place in the file (see KNOWN_TIME_FROM), so that
 * the later of two ratings of the same user and item wins. Raw user ids do not leave this file.
 */

import { KNOWN_TIME_FROM } from '../domain/index.js';
import type { BehaviourEvent, RecordedEventType } from '../domain/index.js';

import { eventId } from './event-id.js';
import { requiredId, requiredNumber } from './fields.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import { planTable } from './plan-table.js';
import { cachedPseudonyms } from './pseudonym-cache.js';
import { checkThresholds, plainRating } from './rating-scale.js';
import type { RatingRule } from './rating-scale.js';
import type { Remarks } from './remarks.js';
import type { TableRow } from './row-decoder.js';
import { timesOf } from './table-mapping.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import type { ReadBatch } from './table-reader.js';
import type { TableSource } from './table-source.js';
import { optionalTimestamp } from './time-values.js';

interface ReadRatingsOptions {
  /** Maps a raw user id to its pseudonym. */
  readonly pseudonymize: (rawId: string) => string;
  /** Ms since the epoch; ratings more than a day later are rejected. */
  readonly now: number;
  /** Default: detected by `planTable` with the two thresholds. */
  readonly mapping?: TableMapping;
  /** Min rating of a like. Default: by the scale (4 of five stars). */
  readonly likeAt?: number;
  /** Max rating of a dislike. Default: by the scale (2 of five stars). */
  readonly dislikeAt?: number;
  /**
   * Place of the first row among rows of unknown time, default 0. Pass the number of stored events, so that later
   * imports take precedence over earlier imports.
   */
  readonly firstPlace?: number;
}

/** Yields batches of events in file order. Throws InvalidInputError for thresholds that cross. */
export function readRatings(
  source: TableSource,
  options: ReadRatingsOptions,
): AsyncGenerator<ReadBatch<BehaviourEvent>, void, undefined> {
  checkThresholds(options);
  return read(source, options);
}

async function* read(
  source: TableSource,
  options: ReadRatingsOptions,
): AsyncGenerator<ReadBatch<BehaviourEvent>, void, undefined> {
  const { now, likeAt, dislikeAt, firstPlace = 0 } = options;
  const given = { ...NOTHING_GIVEN, likeAt, dislikeAt };
  const mapping = options.mapping ?? (await planTable(source, 'ratings', { given, now }));
  const pseudonymize = cachedPseudonyms(options.pseudonymize);
  const rule = mapping.rule!;
  const times = timesOf(mapping, now);

  const convert = (row: TableRow, remarks: Remarks): BehaviourEvent => {
    const [rawUserId, itemId, rating, timestamp] = row.values;
    const rawUser = requiredId('userId', rawUserId);
    const item = requiredId('itemId', itemId);
    const { type, value } = opinionOf(rating, rule);
    const at = optionalTimestamp('timestamp', timestamp, times);
    if (value !== null && rule.notRated.includes(value))
      remarks.add(`ratings of ${value} are views (seen, not rated)`);
    const event = {
      userId: pseudonymize(rawUser),
      type,
      itemId: item,
      at: at ?? Math.min(firstPlace + row.line, KNOWN_TIME_FROM - 1),
      // The value of a view is its dwell time, which is unknown for "not rated".
      value: type === 'view' ? null : value,
      sessionId: null,
      position: null,
      listId: null,
      device: null,
      locale: null,
    };
    return { id: eventId(event), ...event };
  };
  yield* readTable(source, mapping, { convert });
}

function opinionOf(text: string, rule: RatingRule): { type: RecordedEventType; value: number } {
  const rating = plainRating(text);
  const isNotRated = rule.notRated.some((value) => Number(rating) === value && rating !== '');
  const value = isNotRated ? Number(rating) : requiredNumber('rating', rating, rule.least, rule.most);
  const type = isNotRated
    ? 'view'
    : value >= rule.likeAt
      ? 'like'
      : value <= rule.dislikeAt
        ? 'dislike'
        : 'rating';
  return { type, value };
}
