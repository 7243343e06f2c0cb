/** Durations in milliseconds; learning imports nothing of the domain. */

export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;
