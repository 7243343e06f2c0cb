import { kmeans as mlKmeans } from 'ml-kmeans';
import { describe, expect, it } from 'vitest';

import {
  adjustedRandIndex,
  fitKMeans,
  InsufficientDataError,
  InvalidShapeError,
  nearestCentroids,
  refineCentroids,
} from '../../../server/learning/index.js';
import { blobs, FOUR_CORNERS, trueLabels } from './tables.js';

const points = blobs(400, FOUR_CORNERS, 1);
const messy = blobs(300, [[0, 0, 0]], 1, 5);

/** Labels, centroids and inertia by the definition. */
function inertiaOf(rows: Float64Array, d: number, centroids: Float64Array): number {
  let inertia = 0;
  for (let i = 0; i < rows.length; i += d) {
    let least = Infinity;
    for (let c = 0; c < centroids.length; c += d) {
      let square = 0;
      for (let j = 0; j < d; j++) square += (rows[i + j] - centroids[c + j]) ** 2;
      least = Math.min(least, square);
    }
    inertia += least;
  }
  return inertia;
}

describe('KMeans', () => {
  it('solves two pairs on a line', () => {
    const fit = fitKMeans(Float64Array.of(0, 2, 10, 12), 1, 2, { seed: 1 });
    expect(Array.from(fit.centroids).sort((a, b) => a - b)).toEqual([1, 11]);
    expect(fit.inertia).toBe(4);
  });

  it('finds clusters that are there', () => {
    const fit = fitKMeans(points, 3, 4, { seed: 1 });
    expect(adjustedRandIndex(fit.labels, trueLabels(400, 4))).toBeGreaterThan(0.99);
  });

  it('comes to the same end as ml-kmeans from the same starts', () => {
    const rows = Array.from({ length: 300 }, (_, i) => Array.from(messy.subarray(3 * i, 3 * i + 3)));
    const starts = [rows[3], rows[77], rows[150], rows[222], rows[299]];
    const twin = mlKmeans(rows, 5, { initialization: starts, maxIterations: 300, tolerance: 0 });
    const fit = refineCentroids(messy, 3, Float64Array.from(starts.flat()), { tolerance: 0 });
    expect(Array.from(fit.labels)).toEqual(twin.clusters);
    expect(fit.inertia).toBeCloseTo(inertiaOf(messy, 3, Float64Array.from(twin.centroids.flat())), 8);
  });

  it('never lets the inertia rise from one iteration to the next', () => {
    const starts = messy.slice(0, 18);
    let before = inertiaOf(messy, 3, starts);
    for (let maxIterations = 1; maxIterations < 15; maxIterations++) {
      const { inertia } = refineCentroids(messy, 3, starts, { maxIterations, tolerance: 0 });
      expect(inertia).toBeLessThanOrEqual(before + 1e-9);
      before = inertia;
    }
  });

  it('reports the inertia of its centroids, and each label is the nearest centroid', () => {
    const fit = fitKMeans(messy, 3, 6, { seed: 3 });
    expect(fit.inertia).toBeCloseTo(inertiaOf(messy, 3, fit.centroids), 9);
    expect(fit.labels).toEqual(nearestCentroids(messy, 3, fit.centroids));
  });

  it('does no worse with more starts', () => {
    const inertias = [1, 5, 20].map((nInit) => fitKMeans(messy, 3, 8, { seed: 2, nInit }).inertia);
    expect(inertias[1]).toBeLessThanOrEqual(inertias[0] + 1e-9);
    expect(inertias[2]).toBeLessThanOrEqual(inertias[1] + 1e-9);
  });

  it('gives the same arrays for the same seed and leaves its input alone', () => {
    const before = messy.slice();
    const first = fitKMeans(messy, 3, 5, { seed: 7 });
    const again = fitKMeans(messy, 3, 5, { seed: 7 });
    expect(again.centroids).toEqual(first.centroids);
    expect(again.labels).toEqual(first.labels);
    expect(messy).toEqual(before);
  });

  it('finds fewer clusters when there are fewer distinct points', () => {
    const fit = fitKMeans(Float64Array.of(1, 1, 1, 5, 5, 5), 1, 4, { seed: 1 });
    expect(fit.k).toBe(2);
    expect(fit.inertia).toBe(0);
  });

  it('gives an empty cluster the farthest point', () => {
    const fit = refineCentroids(Float64Array.of(0, 1, 2, 50), 1, Float64Array.of(1, 1_000), {
      maxIterations: 10,
    });
    expect(Array.from(fit.labels)).toEqual([0, 0, 0, 1]);
  });

  it('refuses no points, broken rows and no clusters', () => {
    expect(() => fitKMeans(new Float64Array(), 2, 2, { seed: 1 })).toThrow(InsufficientDataError);
    expect(() => fitKMeans(new Float64Array(3), 2, 2, { seed: 1 })).toThrow(InvalidShapeError);
    expect(() => fitKMeans(points, 3, 0, { seed: 1 })).toThrow(InvalidShapeError);
  });
});
