/** Pools neighbouring points of a click-through rate until they have enough impressions. */

export interface CtrPoint {
  readonly at: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly adjustedCtr?: number | null;
}

export interface PooledPoint {
  /** Start of the last of the points, milliseconds since the epoch. */
  readonly at: number;
  readonly impressions: number;
  /** From 0 to 1, also if noise gives more clicks than impressions. */
  readonly ctr: number;
  /** Mean over impressions; null if no point has a value. */
  readonly adjustedCtr: number | null;
}

/** Noise is small when its standard deviation is below this part of the impressions. */
export const MAX_NOISE = 0.05;

/**
 * Every pooled point has at least `minImpressions`; only the newest may have fewer. `noiseStdDev`: the standard
 * deviation of the noise on a count of a single point, default 0. With noise every pooled point has so many impressions
 * that the noise of its points together, which grows with the root of their number, is below `MAX_NOISE` of them; the
 * remaining points are left out.
 */
export function poolPoints(
  points: readonly CtrPoint[],
  minImpressions: number,
  noiseStdDev = 0,
): PooledPoint[] {
  const pooled: PooledPoint[] = [];
  let open: CtrPoint[] = [];
  for (const point of points) {
    if (point.impressions === 0) continue;
    open.push(point);
    const noise = noiseStdDev * Math.sqrt(open.length);
    if (sum(open, 'impressions') < Math.max(minImpressions, noise / MAX_NOISE)) continue;
    pooled.push(pool(open));
    open = [];
  }
  if (open.length > 0 && noiseStdDev === 0) pooled.push(pool(open));
  return pooled;
}

function pool(points: readonly CtrPoint[]): PooledPoint {
  const impressions = sum(points, 'impressions');
  const known = points.filter(({ adjustedCtr }) => adjustedCtr != null);
  const weighted = known.reduce((total, one) => total + (one.adjustedCtr ?? 0) * one.impressions, 0);
  return {
    at: Date.parse(points.at(-1)?.at ?? ''),
    impressions,
    ctr: Math.min(1, sum(points, 'clicks') / impressions),
    adjustedCtr: known.length === 0 ? null : weighted / sum(known, 'impressions'),
  };
}

function sum(points: readonly CtrPoint[], name: 'impressions' | 'clicks'): number {
  return points.reduce((total, point) => total + point[name], 0);
}
