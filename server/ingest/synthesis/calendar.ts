/** Stage 1, synthesiser: start times of the sessions of a week. UTC. */

import { DAY_MS, HOUR_MS, WEEK_MS } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import type { Habits } from './parameters.js';

/** No session starts this close to the end of a week, so that the last session ends in time. */
const LAST_START_MS = 16 * HOUR_MS;
/** Min pause between sessions of a user. */
export const SESSION_DISTANCE_MS = 31 * 60_000;

/** `count` ascending start times within the week that begins at `weekStart`, by the user's usual days and hours. */
export function sessionStarts(count: number, habits: Habits, weekStart: number, random: Random): number[] {
  const lastStart = weekStart + WEEK_MS - LAST_START_MS;
  const starts = Array.from({ length: count }, () => {
    const day = dayOfWeek(weekStart, random.next() < habits.weekend, random);
    const hour = habits.hour + habits.hourSpread * random.normal();
    const secondOfHour = random.int(3_600_000);
    let at = day + Math.floor(((hour % 24) + 24) % 24) * HOUR_MS + secondOfHour;
    if (at < weekStart) at += WEEK_MS;
    while (at > lastStart) at -= DAY_MS;
    return Math.max(at, weekStart);
  });
  return starts.sort((a, b) => a - b);
}

/** Midnight of a random Saturday or Sunday, or of a random working day, in the week. */
function dayOfWeek(weekStart: number, isWeekend: boolean, random: Random): number {
  const firstDay = Math.floor(weekStart / DAY_MS);
  const wanted = isWeekend ? 2 + random.int(2) : (4 + random.int(5)) % 7;
  // 1 January 1970 was a Thursday: days 2 and 3 of each seven are the weekend.
  return (firstDay + ((wanted - (firstDay % 7) + 7) % 7)) * DAY_MS;
}
