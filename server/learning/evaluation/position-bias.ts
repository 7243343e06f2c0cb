/**
 * Estimates how much of a click rate is due to position. Position-based model (Craswell et al. 2008): a click requires
 * examination and attraction, P(click) = propensity[position] * attraction[group]; inverse propensity weighting then
 * estimates the click rate in first place (Joachims, Swaminathan, Schnabel 2017).
 *
 * The propensities are maximum-likelihood estimates of a Poisson model with an attraction per group of users, found by
 * alternating closed-form steps. Lists are ranked, so better items are in fact higher, and the part of this effect that
 * the attraction of the group does not explain is attributed to position: the adjusted rate is an upper estimate.
 */

/** Min number of clicks, over all positions, for an estimate. */
const MIN_CLICKS = 50;
/** Lower bound of propensities, which bounds click weights and so the variance of the estimate. */
export const MIN_PROPENSITY = 0.05;
const STEPS = 50;

/**
 * Propensity by position relative to the first, Float64Array [nPositions], each within [MIN_PROPENSITY, 1]; null with
 * too few clicks, or without a click in first place. `impressions` and `clicks`: Float64Array, row-major [nGroups,
 * nPositions], both >= 0.
 */
export function fitPropensities(
  impressions: Float64Array,
  clicks: Float64Array,
  nPositions: number,
): Float64Array | null {
  const nGroups = impressions.length / nPositions;
  const total = clicks.reduce((sum, value) => sum + value, 0);
  if (total < MIN_CLICKS) return null;
  const propensities = new Float64Array(nPositions).fill(1);
  const likings = new Float64Array(nGroups);
  for (let step = 0; step < STEPS; step++) {
    for (const factor of [likings, propensities]) {
      const other = factor === likings ? propensities : likings;
      const above = new Float64Array(factor.length);
      const below = new Float64Array(factor.length);
      for (let cell = 0; cell < clicks.length; cell++) {
        const group = Math.floor(cell / nPositions);
        const position = cell % nPositions;
        const [own, across] = factor === likings ? [group, position] : [position, group];
        above[own] += clicks[cell];
        below[own] += impressions[cell] * other[across];
      }
      for (let i = 0; i < factor.length; i++) factor[i] = below[i] > 0 ? above[i] / below[i] : 0;
    }
  }
  const first = propensities[0];
  if (!(first > 0)) return null;
  return propensities.map((value) => Math.min(1, Math.max(MIN_PROPENSITY, value / first)));
}
