/** Stage 1: checks of single values. Each returns the value or throws RowProblem with the column at fault. */

import { MAX_CLOCK_SKEW_MS, MAX_ID_CHARACTERS } from '../domain/index.js';

import { RowProblem } from './table-reader.js';

export function requiredText(column: string, value: string): string {
  if (value === '') throw new RowProblem(column, 'is empty');
  return shortText(column, value);
}

/** Null where the cell is empty. */
export function optionalText(column: string, value: string): string | null {
  return value === '' ? null : shortText(column, value);
}

function shortText(column: string, value: string): string {
  if (value.length > MAX_ID_CHARACTERS)
    throw new RowProblem(column, `is longer than ${MAX_ID_CHARACTERS} characters`, value);
  return value;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number within [least, most]; null where the cell is empty. */
export function optionalNumber(column: string, value: string, least: number, most: number): number | null {
  if (value === '') return null;
  const number = NUMBER.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new RowProblem(column, 'is not a number', value);
  if (number < least || number > most)
    throw new RowProblem(column, `is not between ${least} and ${most}`, value);
  return number;
}

export function requiredNumber(column: string, value: string, least: number, most: number): number {
  const number = optionalNumber(column, value, least, most);
  if (number === null) throw new RowProblem(column, 'is empty');
  return number;
}

/** Numbers from here on are milliseconds since the epoch, smaller ones seconds. */
const MILLISECONDS_FROM = 1e12;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Milliseconds since the epoch from ISO 8601 (UTC where no zone is given) or a number of seconds or milliseconds.
 * Null where the cell is empty. Refuses times before 1970 and more than a day after `now`.
 */
export function optionalTimestamp(column: string, value: string, now: number): number | null {
  if (value === '') return null;
  const at = NUMBER.test(value) ? fromNumber(Number(value)) : fromIso(value);
  if (Number.isNaN(at))
    throw new RowProblem(column, 'is not a time (ISO 8601, or seconds or milliseconds since 1970)', value);
  if (at < 0) throw new RowProblem(column, 'is before 1970', value);
  if (at > now + MAX_CLOCK_SKEW_MS) throw new RowProblem(column, 'is more than a day in the future', value);
  return at;
}

export function requiredTimestamp(column: string, value: string, now: number): number {
  const at = optionalTimestamp(column, value, now);
  if (at === null) throw new RowProblem(column, 'is empty');
  return at;
}

function fromNumber(number: number): number {
  return Math.round(Math.abs(number) >= MILLISECONDS_FROM ? number : number * 1000);
}

function fromIso(value: string): number {
  const match = ISO.exec(value);
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const at = Date.UTC(
    year,
    month - 1,
    day,
    hour,
    minute,
    second,
    Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)),
  );
  const date = new Date(at);
  // Date.UTC turns 31 February into 3 March and 25:00 into tomorrow; such a time is a mistake, not a date.
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!isReal || minute > 59 || second > 60) return Number.NaN;
  return at - zoneMs(match[8]);
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone[0] === '-' ? -1 : 1) * minutes * 60_000;
}
