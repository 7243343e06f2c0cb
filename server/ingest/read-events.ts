/**
 * Stage 1: reads behaviour from a table of events: user, type, item, time, and optionally value, session, position,
 * list, device and locale. Raw user and session ids do not leave this file.
 */

import type { BehaviourEvent } from '../domain/index.js';

import { eventId, sessionKey } from './event-id.js';
import { EventWords } from './event-words.js';
import { optionalNumber, optionalText, requiredId } from './fields.js';
import { planTable } from './plan-table.js';
import { cachedPseudonyms } from './pseudonym-cache.js';
import type { Remarks } from './remarks.js';
import type { TableRow } from './row-decoder.js';
import { RowProblem } from './row-problem.js';
import { timesOf } from './table-mapping.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import type { ReadBatch } from './table-reader.js';
import type { TableSource } from './table-source.js';
import { requiredTimestamp } from './time-values.js';
import type { TimeOptions } from './time-values.js';

/** Max event value: seconds, or an amount. */
export const MAX_EVENT_VALUE = 1e12;
export const MAX_EVENT_POSITION = 1e6;

interface ReadEventsOptions {
  /** Maps a raw user id to its pseudonym. */
  readonly pseudonymize: (rawId: string) => string;
  /** Ms since the epoch; events more than a day later are rejected. */
  readonly now: number;
  /** Default: detected by `planTable`. */
  readonly mapping?: TableMapping;
}

/** Yields batches of events in file order. */
export async function* readEvents(
  source: TableSource,
  options: ReadEventsOptions,
): AsyncGenerator<ReadBatch<BehaviourEvent>, void, undefined> {
  const { now } = options;
  const mapping = options.mapping ?? (await planTable(source, 'events', { now }));
  const pseudonymize = cachedPseudonyms(options.pseudonymize);
  const words = new EventWords(mapping.given.types);
  const times = timesOf(mapping, now);
  const convert = (row: TableRow, remarks: Remarks) =>
    toEvent(row, { pseudonymize, words, times, mapping, remarks });
  yield* readTable(source, mapping, { convert });
}

interface Context {
  readonly pseudonymize: (rawId: string) => string;
  readonly words: EventWords;
  readonly times: TimeOptions;
  readonly mapping: TableMapping;
  readonly remarks: Remarks;
}

function toEvent(
  row: TableRow,
  { pseudonymize, words, times, mapping, remarks }: Context,
): BehaviourEvent | null {
  const [rawUserId, typeText, itemId, timestamp, value, sessionId, position, listId, device, locale] =
    row.values;
  const rawUser = requiredId('userId', rawUserId);
  const everyType = typeText === '' ? mapping.given.everyType : undefined;
  const { meaning: type, isAlias } =
    everyType === undefined ? words.read(typeText) : { meaning: everyType, isAlias: false };
  if (type === 'ignore') {
    remarks.add(`rows of the type "${typeText}" are left out`);
    return null;
  }
  const userId = pseudonymize(rawUser);
  const session = optionalText('sessionId', sessionId);
  const event = {
    userId,
    type,
    itemId: type === 'search' ? null : requiredId('itemId', itemId),
    at: requiredTimestamp('timestamp', timestamp, times),
    value: optionalNumber('value', value, 0, MAX_EVENT_VALUE),
    sessionId: session === null ? null : sessionKey(userId, session),
    position: wholeNumber('position', position),
    listId: optionalText('listId', listId),
    device: optionalText('device', device),
    locale: optionalText('locale', locale),
  };
  if (isAlias) remarks.add(`"${typeText}" is taken as ${type}`);
  return { id: eventId(event), ...event };
}

function wholeNumber(column: string, value: string): number | null {
  const number = optionalNumber(column, value, 0, MAX_EVENT_POSITION);
  if (number !== null && !Number.isInteger(number))
    throw new RowProblem(column, 'is not a whole number', value);
  return number;
}
