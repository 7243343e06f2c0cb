/**
 * Stage 1: parses times in the notations found in files.
 *
 * The unit of a number follows from its size: of seconds, milliseconds, microseconds and nanoseconds since 1970,
 * exactly a single unit gives a time between 1980 and today, and numbers written as dates (20191001) are below all of
 * them. Spreadsheet day numbers cannot be distinguished from small numbers value by value, nor days from months; the
 * caller decides per column.
 */

import { MAX_CLOCK_SKEW_MS, DAY_MS } from '../domain/index.js';

import { isNumber } from './fields.js';
import { RowProblem } from './row-problem.js';

/** Notation of the times of a column. */
export type TimeForm =
  | 'dates'
  | 'seconds'
  | 'milliseconds'
  | 'microseconds'
  | 'nanoseconds'
  | 'numbers like 20191001'
  | 'spreadsheet day numbers';

/** Meaning of the first number of a date like 01/10/2019. */
export type DateOrder = 'day-first' | 'month-first';

export interface TimeOptions {
  /** Ms since the epoch; times more than a day later are rejected. */
  readonly now: number;
  /** Numbers of this column are spreadsheet days since 1900. Default false. */
  readonly isSpreadsheet?: boolean;
  /** Order of day and month in dates like 01/10/2019. Default null: they are rejected. */
  readonly dateOrder?: DateOrder | null;
  /** Dates before this instant (ms) are rejected too. Default 1970. */
  readonly from?: number;
}

/** No shop recorded events earlier: an earlier value is not a time, or in a different unit. */
export const EVENTS_FROM = Date.UTC(1980, 0, 1);
/** 1 January 1970 in spreadsheet days, and the earliest day accepted as such a number: 1 January 1990. */
const SPREADSHEET_EPOCH = 25_569;
const SPREADSHEET_FROM = 32_874;

const UNITS: readonly (readonly [form: TimeForm, perMs: number])[] = [
  ['seconds', 1 / 1_000],
  ['milliseconds', 1],
  ['microseconds', 1_000],
  ['nanoseconds', 1_000_000],
];

const ISO =
  /^(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:[T ](\d\d|\d(?=:))(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;
const DIGITS = /^((?:19|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/;
/** 01/10/2019, and 1.10.2019 7:01 or 10/1/2019, 7:01:30 PM. */
const YEAR_LAST =
  /^(\d\d?)([-/.])(\d\d?)\2(\d{4})(?:,?[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?([AP]M)?)?\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Milliseconds since the epoch; UTC if no zone is given. Null for an empty cell. Throws RowProblem for invalid times,
 * for times before `from`, and for numbers that would be in the 1970s.
 */
export function optionalTimestamp(column: string, value: string, options: TimeOptions): number | null {
  if (value === '') return null;
  if (isNumber(value)) return timeOfNumber(column, value, options);
  const at = fromDate(value, options.dateOrder ?? null);
  if (Number.isNaN(at)) throw new RowProblem(column, notATime(value, options.dateOrder ?? null), value);
  if (at < 0) throw new RowProblem(column, 'is before 1970', value);
  if (at < (options.from ?? 0)) throw new RowProblem(column, 'is in the 1970s', value);
  if (at > options.now + MAX_CLOCK_SKEW_MS)
    throw new RowProblem(column, 'is more than a day in the future', value);
  return at;
}

export function requiredTimestamp(column: string, value: string, options: TimeOptions): number {
  const at = optionalTimestamp(column, value, options);
  if (at === null) throw new RowProblem(column, 'is empty');
  return at;
}

/** Form of a value; null if it is not a time. */
export function timeFormOf(value: string, now: number): TimeForm | null {
  if (!isNumber(value)) return YEAR_LAST.test(value) || !Number.isNaN(fromDate(value, null)) ? 'dates' : null;
  if (!Number.isNaN(fromDigits(value))) return 'numbers like 20191001';
  return unitOf(Number(value), now)?.[0] ?? null;
}

/**
 * Order of day and month in the dates of a column: numbers above 12 are days. Null if all dates are ambiguous, or if
 * they are inconsistent.
 */
export function dateOrderOf(values: readonly string[]): DateOrder | null {
  const dates = values.map((value) => YEAR_LAST.exec(value)).filter((match) => match !== null);
  const isDayFirst = dates.some(([, first]) => Number(first) > 12);
  const isMonthFirst = dates.some(([, , , second]) => Number(second) > 12);
  if (isDayFirst === isMonthFirst) return null;
  return isDayFirst ? 'day-first' : 'month-first';
}

/** Whether a number could be a spreadsheet day, from 1990 to today. */
export function isSpreadsheetDay(value: string, now: number): boolean {
  return (
    isNumber(value) && Number(value) >= SPREADSHEET_FROM && fromSpreadsheet(Number(value)) <= now + DAY_MS
  );
}

/** Whether a number is too small for a time: in seconds it would be before 1980. */
export function isEarlyNumber(value: string): boolean {
  const number = isNumber(value) ? Number(value) : -1;
  return number >= 0 && number * 1_000 < EVENTS_FROM && Number.isNaN(fromDigits(value));
}

function timeOfNumber(column: string, value: string, { now, isSpreadsheet }: TimeOptions): number {
  const number = Number(value);
  if (isSpreadsheet === true && isSpreadsheetDay(value, now)) return fromSpreadsheet(number);
  const asDate = fromDigits(value);
  if (!Number.isNaN(asDate) && asDate <= now + MAX_CLOCK_SKEW_MS) return asDate;
  const unit = unitOf(number, now);
  if (unit !== undefined) return Math.round(number / unit[1]);
  if (number < 0) throw new RowProblem(column, 'is before 1970', value);
  if (isEarlyNumber(value))
    throw new RowProblem(column, 'is in the 1970s when read as seconds since 1970', value);
  throw new RowProblem(column, 'is more than a day in the future', value);
}

function unitOf(number: number, now: number): (typeof UNITS)[number] | undefined {
  return UNITS.find(
    ([, perMs]) => number / perMs >= EVENTS_FROM && number / perMs <= now + MAX_CLOCK_SKEW_MS,
  );
}

function fromSpreadsheet(days: number): number {
  return Math.round((days - SPREADSHEET_EPOCH) * DAY_MS);
}

/** yyyymmdd, with hhmm or hhmmss; NaN for other numbers. */
function fromDigits(value: string): number {
  const match = DIGITS.exec(value);
  return match === null ? Number.NaN : instant(match.slice(1, 7), '', undefined);
}

function fromDate(value: string, order: DateOrder | null): number {
  const match = ISO.exec(value);
  if (match === null) return order === null ? Number.NaN : fromYearLast(value, order);
  const [, year, , month, day, hour, minute, second, fraction, zone] = match;
  return instant([year, month, day, hour, minute, second], fraction ?? '', zone);
}

function fromYearLast(value: string, order: DateOrder): number {
  const match = YEAR_LAST.exec(value);
  if (match === null) return Number.NaN;
  const [, first, , second, year, hour, minute, seconds, fraction, half, zone] = match;
  const [day, month] = order === 'day-first' ? [first, second] : [second, first];
  const hours = half === undefined ? hour : String((Number(hour) % 12) + (/p/i.test(half) ? 12 : 0));
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return Number.NaN;
  return instant([year, month, day, hours, minute, seconds], fraction ?? '', zone);
}

function instant(parts: readonly (string | undefined)[], fraction: string, zone: string | undefined): number {
  const [year, month, day, hour, minute, second] = parts.map((part) => Number(part ?? 0));
  const at = Date.UTC(
    year,
    month - 1,
    day,
    hour,
    minute,
    second,
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  const date = new Date(at);
  // Date.UTC turns 31 February into 3 March and 25:00 into the next day; such times are invalid.
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!isReal || minute > 59 || second > 60) return Number.NaN;
  return at - zoneMs(zone);
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone[0] === '-' ? -1 : 1) * minutes * 60_000;
}

function notATime(value: string, order: DateOrder | null): string {
  return order === null && YEAR_LAST.test(value)
    ? 'may begin with the day or with the month: say --dates day-first or month-first'
    : 'is not a time (ISO 8601, or seconds or milliseconds since 1970)';
}
