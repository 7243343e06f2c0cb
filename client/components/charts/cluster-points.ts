/** Points of the cluster map, grouped by persona for drawing and summarised for an area. */

export interface ClusterPoints {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Index of the persona of every point. */
  readonly persona: readonly number[];
  readonly silhouette: readonly number[];
}

export interface PersonaPoints {
  /** Float32Array [2 * n]: x and y alternating, as ECharts expects. */
  readonly points: Float32Array;
  /** Uint32Array [n]: index of each point in the columns. */
  readonly indices: Uint32Array;
}

export interface AreaSummary {
  readonly count: number;
  /** Number of points of every persona. */
  readonly counts: readonly number[];
  /** Mean of the points in the area; 0 without any. */
  readonly silhouette: number;
}

export function pointsByPersona({ x, y, persona }: ClusterPoints, nPersonas: number): PersonaPoints[] {
  const sizes = new Uint32Array(nPersonas);
  for (const one of persona) if (one < nPersonas) sizes[one]! += 1;
  const groups = Array.from(sizes, (size) => ({
    points: new Float32Array(2 * size),
    indices: new Uint32Array(size),
  }));
  const filled = new Uint32Array(nPersonas);
  for (let index = 0; index < persona.length; index++) {
    const group = groups[persona[index]!];
    if (group === undefined) continue;
    const place = filled[persona[index]!]!++;
    group.points[2 * place] = x[index]!;
    group.points[2 * place + 1] = y[index]!;
    group.indices[place] = index;
  }
  return groups;
}

/** `area` holds the lower and the upper end of each side, in either order. */
export function summarizeArea(
  { x, y, persona, silhouette }: ClusterPoints,
  area: { readonly x: readonly [number, number]; readonly y: readonly [number, number] },
  nPersonas: number,
): AreaSummary {
  const counts = new Array<number>(nPersonas).fill(0);
  const [left, right] = [Math.min(...area.x), Math.max(...area.x)];
  const [bottom, top] = [Math.min(...area.y), Math.max(...area.y)];
  let count = 0;
  let sum = 0;
  for (let index = 0; index < persona.length; index++) {
    if (x[index]! < left || x[index]! > right || y[index]! < bottom || y[index]! > top) continue;
    count += 1;
    sum += silhouette[index]!;
    const one = persona[index]!;
    if (one < nPersonas) counts[one]! += 1;
  }
  return { count, counts, silhouette: count === 0 ? 0 : sum / count };
}
