/** Behaviour events, the only input of learning. */

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
 * `retract` records that a thumb was taken back; only feedback writes it. `rating` is a star rating that is neither a
 * like nor a dislike; only files of ratings contain it.
 */
export type RecordedEventType = EventType | 'retract' | 'rating';

export interface BehaviourEvent {
  /** Idempotency key: the same event sent twice has the same id and is stored once. */
  readonly id: string;
  /** A pseudonym, never a raw id. */
  readonly userId: string;
  readonly type: RecordedEventType;
  /** Null for a search. An item that is not in the catalogue is kept, counted and reported. */
  readonly itemId: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Dwell in seconds for view and click, amount for purchase, stars for a rating; else null. */
  readonly value: number | null;
  readonly sessionId: string | null;
  /** Zero-based position in the list that was shown. */
  readonly position: number | null;
  readonly listId: string | null;
  readonly device: string | null;
  readonly locale: string | null;
}

/**
 * First instant that is a known time. Ratings often come without a time: their events carry their position in the file
 * as milliseconds of 1 January 1970, which keeps their order.
 */
export const KNOWN_TIME_FROM = DAY_MS;

export function isTimeKnown(at: number): boolean {
  return at >= KNOWN_TIME_FROM;
}

/** How far past `now` the time of an event may be. */
export const MAX_CLOCK_SKEW_MS = DAY_MS;

/** Maximum length of ids and short names, in every kind of input. */
export const MAX_ID_CHARACTERS = 256;

/** Compares by ascending time, ties by id. */
export function byTime(left: BehaviourEvent, right: BehaviourEvent): number {
  return left.at - right.at || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}

/** An event as it arrived at an instance. */
export interface ReceivedEvent {
  readonly event: BehaviourEvent;
  /** Ms since the epoch; null for an event that is read from the record. */
  readonly receivedAt: number | null;
}
