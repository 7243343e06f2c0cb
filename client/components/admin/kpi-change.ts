/** The change of a figure against the period before. */

/** Below this count, one event more or less changes the percentage by more than five points. */
const MIN_COUNT = 20;
/** From more than this multiple on, the period before was hardly in use, and a percentage would say little else. */
const MAX_MULTIPLE = 5;

/**
 * As a share of the figure before. Null without one of the figures, and where the period before has too little to
 * compare with: fewer than MIN_COUNT, or less than a fifth of the figure now. `countBefore` is the count behind a rate.
 */
export function changeOf(
  now: number | null,
  before: number | null,
  countBefore: number | null = before,
): number | null {
  if (now === null || before === null || countBefore === null) return null;
  if (now === before) return 0;
  if (countBefore < MIN_COUNT || now > MAX_MULTIPLE * before) return null;
  return (now - before) / before;
}
