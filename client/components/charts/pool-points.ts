/** Pools neighbouring points of a click-through rate until there are enough impressions to divide by. */

export interface CtrPoint {
  readonly at: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly adjustedCtr?: number | null;
}

export interface PooledPoint {
  /** Where the last of the points begins, milliseconds since the epoch. */
  readonly at: number;
  readonly impressions: number;
  /** From 0 to 1, also where noise gives more clicks than impressions. */
  readonly ctr: number;
  /** Mean over impressions; null where none of the points has one. */
  readonly adjustedCtr: number | null;
}

/** Every pooled point has at least `minImpressions`, but for the newest, which has what there is. */
export function poolPoints(points: readonly CtrPoint[], minImpressions: number): PooledPoint[] {
  const pooled: PooledPoint[] = [];
  let open: CtrPoint[] = [];
  for (const point of points) {
    if (point.impressions === 0) continue;
    open.push(point);
    if (sum(open, 'impressions') < minImpressions) continue;
    pooled.push(pool(open));
    open = [];
  }
  if (open.length > 0) pooled.push(pool(open));
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
