/**
 * The instants of a cron expression, in wall-clock time of a time zone. Every wall-clock time is a single slot. When the
 * clock is put back and repeats it, the first instant counts; when the clock is put forward and skips it, the slot moves
 * by the same amount. So no slot is lost and no slot runs twice.
 */

import { parse } from 'node-cron';

import { DAY_MS } from '../../server/domain/index.js';

/** February 29 comes at least every eight years. */
const MAX_DAYS = 8 * 366;

type Fields = ReturnType<typeof parse>;

/** The latest slot at or before `now`, ms since the epoch; null without a slot in eight years. */
export function lastSlot(expression: string, timeZone: string, now: number): number | null {
  for (const slot of slotsFrom(expression, timeZone, { now, step: -1 })) if (slot <= now) return slot;
  return null;
}

/** The first slot after `now`, ms since the epoch; null without a slot in eight years. */
export function nextSlot(expression: string, timeZone: string, now: number): number | null {
  for (const slot of slotsFrom(expression, timeZone, { now, step: 1 })) if (slot > now) return slot;
  return null;
}

/** The slots of today and, day by day, of the days before (`step` -1, latest first) or after (1, earliest first). */
function* slotsFrom(
  expression: string,
  timeZone: string,
  { now, step }: { now: number; step: 1 | -1 },
): Generator<number> {
  const fields = parse(expression);
  const today = now + offsetAt(timeZone, now);
  const midnight = today - (((today % DAY_MS) + DAY_MS) % DAY_MS);
  for (let day = 0; day <= MAX_DAYS; day++) {
    const date = midnight + step * day * DAY_MS;
    if (!isNamed(fields, new Date(date))) continue;
    for (const hour of ordered(fields.hour, step)) {
      for (const minute of ordered(fields.minute, step)) {
        yield instantOf(timeZone, date + (hour * 60 + minute) * 60_000);
      }
    }
  }
}

/** Whether the expression includes `date`, a wall-clock day as if it were UTC. */
function isNamed({ month, dayOfMonth, dayOfWeek }: Fields, date: Date): boolean {
  const day = date.getUTCDate();
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const weekday = date.getUTCDay();
  const isDay = dayOfMonth.some((named) => named === day || (named === 'L' && day === lastDay));
  const isWeekday = dayOfWeek.some((named) => {
    if (typeof named === 'number') return named === weekday;
    // "5#2" is the second Friday, "5L" the last.
    const [, name, nth] = /^(\d)(?:#(\d)|L)$/.exec(named) ?? [];
    if (name === undefined || Number(name) !== weekday) return false;
    return nth === undefined ? day > lastDay - 7 : Math.ceil(day / 7) === Number(nth);
  });
  return month.includes(date.getUTCMonth() + 1) && isDay && isWeekday;
}

/** The instant at which the clocks of the zone first show `wall`, a wall-clock time as if it were UTC. */
function instantOf(timeZone: string, wall: number): number {
  const [before, after] = [offsetAt(timeZone, wall - DAY_MS), offsetAt(timeZone, wall + DAY_MS)];
  const early = wall - Math.max(before, after);
  // The earlier instant, unless the clock skips `wall`: then the instant shifted by the skip.
  return early + offsetAt(timeZone, early) === wall ? early : wall - Math.min(before, after);
}

/** The zone's offset from UTC at an instant, ms. */
function offsetAt(timeZone: string, instant: number): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const numeric = 'numeric';
    format = new Intl.DateTimeFormat('en', {
      ...{ timeZone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
      ...{ hour: numeric, minute: numeric, second: numeric },
    });
    formats.set(timeZone, format);
  }
  return format;
}

function ordered(values: readonly number[], step: 1 | -1): number[] {
  return [...values].sort((a, b) => step * (a - b));
}
