/** The elbow of a falling curve: distance of each point below the chord from first to last (Satopaa et al. 2011). */

/**
 * Distances below the chord with both axes scaled to 0..1, in the order of `xs` (ascending); 0 for points above it. All
 * 0 for fewer than three points or a curve that does not fall. Throws nothing.
 */
export function elbowHeights(xs: readonly number[], ys: readonly number[]): number[] {
  const last = xs.length - 1;
  const drop = ys[0] - ys[last];
  if (last < 2 || !(drop > 0)) return xs.map(() => 0);
  return xs.map((x, i) => {
    const across = (x - xs[0]) / (xs[last] - xs[0]);
    const down = (ys[0] - ys[i]) / drop;
    return Math.max(0, down - across) / Math.SQRT2;
  });
}
