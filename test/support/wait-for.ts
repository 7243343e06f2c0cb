/** Waiting for something to become true, with a deadline. */

import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/** Resolves with the first value that is neither undefined, null nor false; rejects after `deadlineMs`. */
export async function waitFor<T>(
  read: () => T | Promise<T>,
  what: string,
  deadlineMs = 45_000,
): Promise<NonNullable<Exclude<T, false>>> {
  for (const until = Date.now() + deadlineMs; ;) {
    const value = await read();
    if (value !== undefined && value !== null && value !== false)
      return value as NonNullable<Exclude<T, false>>;
    if (Date.now() > until) throw new Error(`Not within ${deadlineMs / 1_000} s: ${what}`);
    await pause(POLL_MS);
  }
}
