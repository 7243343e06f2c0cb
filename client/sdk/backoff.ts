/** Delays between retries: exponential, bounded, with jitter. */

const FIRST_MS = 300;
const LONGEST_MS = 5_000;

/** Milliseconds before attempt `attempt` (0, 1, ...); `random` gives 0..1. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return full / 2 + (full / 2) * random();
}
