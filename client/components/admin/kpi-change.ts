/** The change of a figure against the period before. */

/** As a share of the figure before; null where either is unknown, or there was nothing before. */
export function changeOf(now: number | null, before: number | null): number | null {
  if (now === null || before === null) return null;
  if (before === 0) return now === 0 ? 0 : null;
  return (now - before) / before;
}
