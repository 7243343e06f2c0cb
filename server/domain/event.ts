/** What a person did. Everything the system learns comes from these. */

import { DAY_MS } from './time.js';

/** The types a site may send. */
export const EVENT_TYPES = [
  'impression',
  'view',
  'click',
  'search',
  'cart',
  'purchase',
  'like',
  'dislike',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * `retract` is the trace an undone thumb leaves in the record; only feedback writes it. `rating` is a star rating that
 * is neither a like nor a dislike; only a file of ratings brings it.
 */
export type RecordedEventType = EventType | 'retract' | 'rating';

export interface BehaviourEvent {
  /** Idempotency key: the same event sent twice has the same id and is stored once. */
  readonly id: string;
  /** A pseudonym, never a raw id. */
  readonly userId: string;
  readonly type: RecordedEventType;
  /** Null for a search. May name an item that is not in the catalogue: kept, counted, reported. */
  readonly itemId: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Dwell in seconds for view and click, amount for purchase, stars for a rating; null where there is none. */
  readonly value: number | null;
  readonly sessionId: string | null;
  /** Zero-based position in the list that was shown. */
  readonly position: number | null;
  readonly listId: string | null;
  readonly device: string | null;
  readonly locale: string | null;
}

/**
 * Ratings often come without a time. Their events carry their place in the file as milliseconds of 1 January 1970,
 * which keeps their order; instants below this one mean "time unknown".
 */
export const KNOWN_TIME_FROM = DAY_MS;

export function isTimeKnown(at: number): boolean {
  return at >= KNOWN_TIME_FROM;
}

/** Earliest and latest instants an event may carry: 1970 to one day past `now`. */
export const MAX_CLOCK_SKEW_MS = DAY_MS;

/** Ids and short names longer than this are refused, by whatever way they come. */
export const MAX_ID_CHARACTERS = 256;

/** Compares by ascending time, ties by id. */
export function byTime(left: BehaviourEvent, right: BehaviourEvent): number {
  return left.at - right.at || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
