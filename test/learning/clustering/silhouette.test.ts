import { describe, expect, it } from 'vitest';

import {
  createRandom,
  extendSilhouettes,
  fitKMeans,
  measureSilhouettes,
} from '../../../server/learning/index.js';
import { blobs, FOUR_CORNERS, trueLabels } from './tables.js';

/** By the definition: mean distance to the own cluster against that to the nearest other. */
function slowSilhouettes(points: Float64Array, d: number, labels: Int32Array): number[] {
  const distance = (i: number, j: number) =>
    Math.sqrt(
      Array.from({ length: d }, (_, c) => (points[i * d + c] - points[j * d + c]) ** 2).reduce(
        (a, b) => a + b,
        0,
      ),
    );
  return Array.from(labels, (label, i) => {
    const meanTo = (cluster: number) => {
      const members = [...labels.keys()].filter((j) => j !== i && labels[j] === cluster);
      return members.length === 0
        ? Number.NaN
        : members.reduce((sum, j) => sum + distance(i, j), 0) / members.length;
    };
    const own = meanTo(label);
    const others = [...new Set(labels)].filter((cluster) => cluster !== label).map(meanTo);
    if (Number.isNaN(own) || others.length === 0) return 0;
    const other = Math.min(...others);
    return Math.max(own, other) === 0 ? 0 : (other - own) / Math.max(own, other);
  });
}

const points = blobs(120, FOUR_CORNERS, 2);

describe('silhouettes', () => {
  it('agree with the definition for several labellings at once', () => {
    const random = createRandom(4);
    const labellings = [
      trueLabels(120, 4),
      fitKMeans(points, 3, 7, { seed: 1 }).labels,
      Int32Array.from({ length: 120 }, () => random.int(3)),
    ];
    const { isExact, labellings: measured } = measureSilhouettes(points, 3, labellings);
    expect(isExact).toBe(true);
    labellings.forEach((labels, l) => {
      const slow = slowSilhouettes(points, 3, labels);
      slow.forEach((value, i) => expect(measured[l].values[i]).toBeCloseTo(value, 5));
      expect(measured[l].mean).toBeCloseTo(slow.reduce((a, b) => a + b, 0) / 120, 6);
      for (const cluster of new Set(labels)) {
        const members = slow.filter((_, i) => labels[i] === cluster);
        expect(measured[l].perCluster[cluster]).toBeCloseTo(
          members.reduce((a, b) => a + b, 0) / members.length,
          6,
        );
      }
    });
  });

  it('are 0 for a cluster of one, for a single cluster and for points that coincide', () => {
    const line = Float64Array.of(0, 1, 9);
    const measured = measureSilhouettes(line, 1, [Int32Array.of(0, 0, 1), new Int32Array(3)]).labellings;
    expect(measured[0].values[2]).toBe(0);
    expect(Array.from(measured[1].values)).toEqual([0, 0, 0]);
    const same = measureSilhouettes(new Float64Array(4), 1, [Int32Array.of(0, 0, 1, 1)]).labellings[0];
    expect(Array.from(same.values)).toEqual([0, 0, 0, 0]);
  });

  it('of a sample are near the exact ones, and extend to everybody', () => {
    const many = blobs(3_000, FOUR_CORNERS, 2);
    const labels = trueLabels(3_000, 4);
    const exact = measureSilhouettes(many, 3, [labels]).labellings[0];
    const sampled = measureSilhouettes(many, 3, [labels], { exactLimit: 100, sampleSize: 1_000 });
    expect(sampled.isExact).toBe(false);
    expect(sampled.rows.length).toBe(1_000);
    expect(Math.abs(sampled.labellings[0].mean - exact.mean)).toBeLessThan(0.03);
    const extended = extendSilhouettes(many, 3, labels, sampled.rows);
    expect(extended.values.length).toBe(3_000);
    expect(Math.abs(extended.mean - exact.mean)).toBeLessThan(0.03);
  });

  it('of a sample see every cluster of rows that come in regular turns', () => {
    const many = blobs(4_000, FOUR_CORNERS, 1);
    const { labellings } = measureSilhouettes(many, 3, [trueLabels(4_000, 4)], {
      exactLimit: 100,
      sampleSize: 1_000,
    });
    for (const silhouette of labellings[0].perCluster) expect(silhouette).toBeGreaterThan(0.5);
  });

  it('of all rows as the sample are the exact ones', () => {
    const labels = trueLabels(120, 4);
    const exact = measureSilhouettes(points, 3, [labels]);
    expect(extendSilhouettes(points, 3, labels, exact.rows).values).toEqual(exact.labellings[0].values);
  });
});
