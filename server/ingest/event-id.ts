/** Stage 1: names for events and sessions that follow from what they are. */

import { hash } from 'node:crypto';

import { isTimeKnown } from '../domain/index.js';
import type { BehaviourEvent } from '../domain/index.js';

/**
 * The idempotency key of an event: 128 bits of SHA-256 over who, what, which item, when, in which session and with what
 * value, as 22 characters of base64url. The same row read twice has the same id. Where the time is unknown it is left
 * out, so that a row keeps its id when rows before it come or go.
 */
export function eventId(
  event: Pick<BehaviourEvent, 'userId' | 'type' | 'itemId' | 'at' | 'sessionId' | 'value'>,
): string {
  const at = isTimeKnown(event.at) ? event.at : '';
  const text = `${event.userId}\n${event.type}\n${event.itemId ?? ''}\n${at}\n${event.sessionId ?? ''}\n${event.value ?? ''}`;
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * The id of an event of unknown time that says what an earlier one said before another contradicted it: a mind that
 * was changed back. `count` is how often the record holds these words already.
 */
export function repeatedEventId(id: string, count: number): string {
  return count === 0 ? id : hash('sha256', `${id}\n${count}`, 'base64url').slice(0, 22);
}

/**
 * The stored name of a session. A site may build its session ids from user ids, so they are hashed with the pseudonym
 * and the raw ones are dropped with the raw user id.
 */
export function sessionKey(userId: string, rawSessionId: string): string {
  return hash('sha256', `${userId}\n${rawSessionId}`, 'base64url').slice(0, 12);
}
