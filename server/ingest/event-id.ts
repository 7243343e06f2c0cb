/** Stage 1: deterministic ids of events and sessions. */

import { hash } from 'node:crypto';

import { isTimeKnown } from '../domain/index.js';
import type { BehaviourEvent } from '../domain/index.js';

/**
 * Idempotency key of an event: 128 bits of SHA-256 over user, type, item, time, session and value, as 22 characters of
 * base64url. Reading the same row twice gives the same id. An unknown time is left out, so that a row keeps its id when
 * rows before it are added or removed.
 */
export function eventId(
  event: Pick<BehaviourEvent, 'userId' | 'type' | 'itemId' | 'at' | 'sessionId' | 'value'>,
): string {
  const at = isTimeKnown(event.at) ? event.at : '';
  const text = `${event.userId}\n${event.type}\n${event.itemId ?? ''}\n${at}\n${event.sessionId ?? ''}\n${event.value ?? ''}`;
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * Id of an event of unknown time that repeats an earlier event after a contradicting event (like, dislike, like again).
 * `count` is the number of equal events in the record so far.
 */
export function repeatedEventId(id: string, count: number): string {
  return count === 0 ? id : hash('sha256', `${id}\n${count}`, 'base64url').slice(0, 22);
}

/**
 * Stored session id. Sites may build session ids from user ids, so they are hashed with the pseudonym, and the raw
 * session id is dropped with the raw user id.
 */
export function sessionKey(userId: string, rawSessionId: string): string {
  return hash('sha256', `${userId}\n${rawSessionId}`, 'base64url').slice(0, 12);
}
