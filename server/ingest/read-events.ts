/**
 * Stage 1: behaviour from `userId,type,itemId,timestamp,value,sessionId` with optional position, listId, device and
 * locale. The first four columns must be there. Raw user and session ids do not leave this file.
 */

import { EVENT_TYPES } from '../domain/index.js';
import type { BehaviourEvent, EventType } from '../domain/index.js';

import { eventId, sessionKey } from './event-id.js';
import { optionalNumber, optionalText, requiredText, requiredTimestamp } from './fields.js';
import { cachedPseudonyms } from './pseudonym-cache.js';
import { RowProblem, readTable } from './table-reader.js';
import type { ReadBatch, TableRow, TableSchema, TableSource } from './table-reader.js';

const SCHEMA: TableSchema = {
  required: ['userId', 'type', 'itemId', 'timestamp'],
  optional: ['value', 'sessionId', 'position', 'listId', 'device', 'locale'],
};

/** Seconds, or an amount. */
export const MAX_EVENT_VALUE = 1e12;
export const MAX_EVENT_POSITION = 1e6;
const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);

export interface ReadEventsOptions {
  /** Turns a raw user id into the stored one. */
  readonly pseudonymize: (rawId: string) => string;
  /** Ms since the epoch; events more than a day later are refused. */
  readonly now: number;
}

/** Batches of events in the order of the file. */
export function readEvents(
  source: TableSource,
  options: ReadEventsOptions,
): AsyncGenerator<ReadBatch<BehaviourEvent>, void, undefined> {
  const pseudonymize = cachedPseudonyms(options.pseudonymize);
  const convert = (row: TableRow) => toEvent(row, pseudonymize, options.now);
  return readTable(source, SCHEMA, { personal: 'userId', convert });
}

function toEvent(row: TableRow, pseudonymize: (rawId: string) => string, now: number): BehaviourEvent {
  const [rawUserId, type, itemId, timestamp, value, sessionId, position, listId, device, locale] = row.values;
  const rawUser = requiredText('userId', rawUserId);
  if (!TYPES.has(type)) throw new RowProblem('type', `is not one of ${EVENT_TYPES.join(', ')}`, type);
  const userId = pseudonymize(rawUser);
  const session = optionalText('sessionId', sessionId);
  const event = {
    userId,
    type: type as EventType,
    itemId: type === 'search' ? null : requiredText('itemId', itemId),
    at: requiredTimestamp('timestamp', timestamp, now),
    value: optionalNumber('value', value, 0, MAX_EVENT_VALUE),
    sessionId: session === null ? null : sessionKey(userId, session),
    position: wholeNumber('position', position),
    listId: optionalText('listId', listId),
    device: optionalText('device', device),
    locale: optionalText('locale', locale),
  };
  return { id: eventId(event), ...event };
}

function wholeNumber(column: string, value: string): number | null {
  const number = optionalNumber(column, value, 0, MAX_EVENT_POSITION);
  if (number !== null && !Number.isInteger(number))
    throw new RowProblem(column, 'is not a whole number', value);
  return number;
}
