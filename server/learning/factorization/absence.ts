/**
 * Absence: the time from a user's latest interaction to the request, as far as the model knows the world. Users in the
 * middle of a visit want what goes with their last items; users who return want what has become popular meanwhile.
 */
import { DAY_MS } from '../durations.js';
import { KNOWN_TIME_FROM } from './signals.js';

import type { HyperParameters } from './hyper-parameters.js';

/** Half-life of the sequence term in days of absence: it describes a visit. */
const VISIT_HALF_LIFE = 1;

/** Latest known time of interactions in ms since the epoch; 0 if no time is known. */
export function latestOf(at: Float64Array | undefined): number {
  const latest = at?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  return latest < KNOWN_TIME_FROM ? 0 : latest;
}

/**
 * Days from a user's latest interaction (`lastAt`, 0 if unknown) to the request at `now`, or to the model's latest
 * interaction if that is earlier, since nothing is known of later popularity. A user without any interactions has
 * always been absent.
 */
export function absenceOf({
  lastAt,
  now,
  recordedUntil,
  isNew,
}: {
  lastAt: number;
  now: number;
  recordedUntil: number;
  isNew: boolean;
}): number {
  if (isNew) return Infinity;
  if (lastAt === 0) return 0;
  return Math.max(0, Math.min(now, recordedUntil) - lastAt) / DAY_MS;
}

/** Share of the sequence term that remains after `days` of absence, 1 to 0. */
export function visitShare(days: number): number {
  return 2 ** (-days / VISIT_HALF_LIFE);
}

/** Share of recent popularity that counts after `days` of absence, 0 to 1. */
export function returnShare(
  days: number,
  { recentPopularityAbsence }: Pick<HyperParameters, 'recentPopularityAbsence'>,
): number {
  return recentPopularityAbsence === 0 ? 1 : 1 - 2 ** (-days / recentPopularityAbsence);
}
