/** Metadata of the behavioural features: units, and the features that separate personas best. */

import type { ChartStyle } from './useChartStyle.js';

const SHARES = /^(clickThroughRate|\w+(Rate|Share)|topCategoryAffinity)$/;
/** Codes of a label encoding; their mean has no meaning. */
const CODES: ReadonlySet<string> = new Set(['device', 'locale']);

export function featureFormat(style: ChartStyle, feature: string): (value: number) => string {
  return SHARES.test(feature) ? style.percent : (value) => style.number(value, value >= 10 ? 0 : 1);
}

type Centroid = readonly { readonly feature: string; readonly value: number }[];

/** Features ordered by the spread of the centroids relative to their largest value, largest first. */
export function mostTelling(centroids: readonly Centroid[]): string[] {
  const values = new Map<string, number[]>();
  for (const { feature, value } of centroids.flat()) {
    if (CODES.has(feature)) continue;
    const known = values.get(feature);
    if (known === undefined) values.set(feature, [value]);
    else known.push(value);
  }
  const spread = (row: number[]) =>
    (Math.max(...row) - Math.min(...row)) / (Math.max(...row.map(Math.abs)) || 1);
  return [...values].sort((a, b) => spread(b[1]) - spread(a[1])).map(([feature]) => feature);
}

/** The smallest round number not below `most`: 1, 2 or 5 times a power of ten. */
export function axisEnd(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10);
}
