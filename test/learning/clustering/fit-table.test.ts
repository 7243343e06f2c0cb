import { describe, expect, it } from 'vitest';

import { adjustedRandIndex, createRandom, fitTable } from '../../../server/learning/index.js';
import { blobs, trueLabels } from './tables.js';

const THREE = [
  [20, 80, 25],
  [45, 30, 80],
  [65, 55, 45],
] as const;
const names = ['a', 'b', 'c'];

describe('fitting a table of any columns', () => {
  it('finds clean groups, and says that they are there', () => {
    const { fit, structure } = fitTable(blobs(120, THREE, 3), { names, seed: 1 });
    expect(fit.model.personas).toHaveLength(3);
    expect(structure).toMatchObject({ isClear: true });
    expect(structure!.stability).toBeGreaterThan(0.95);
    expect(structure!.silhouette).toBeGreaterThan(structure!.shuffled + 0.1);
  });

  it.each([1, 2, 3])('says that noise has no clear structure (seed %i)', (seed) => {
    const random = createRandom(100 + seed);
    const uniform = Float64Array.from({ length: 600 }, () => random.next());
    const normal = blobs(200, [[0, 0, 0]], 1, seed);
    const along = normal.map((value, at) => value * 0.3 + normal[3 * Math.floor(at / 3)]);
    for (const table of [uniform, normal, along])
      expect(fitTable(table, { names, seed: 1 }).structure).toMatchObject({ isClear: false });
  });

  it('finds the four groups of columns that code one word', () => {
    const table = Float64Array.from({ length: 320 }, (_, at) => (at % 4 === Math.floor(at / 4) % 4 ? 1 : 0));
    const { fit, oneHotGroups, structure } = fitTable(table, { names: ['a', 'b', 'c', 'd'], seed: 1 });
    expect(fit.model.personas).toHaveLength(4);
    expect(adjustedRandIndex(fit.labels, trueLabels(80, 4))).toBe(1);
    expect(oneHotGroups).toEqual([['a', 'b', 'c', 'd']]);
    expect(structure).toMatchObject({ isClear: true });
  });

  it('takes repeated values for steps of a scale, not for clusters', () => {
    const rows = Array.from({ length: 120 }, (_, i) => [(i % 2 ? 11 : 1) + (Math.floor(i / 2) % 3), i % 2]);
    const table = Float64Array.from(rows.flat());
    const before = table.slice();
    const { fit } = fitTable(table, { names: ['visits', 'member'], seed: 1 });
    expect(fit.model.personas).toHaveLength(2);
    expect(adjustedRandIndex(fit.labels, trueLabels(120, 2))).toBe(1);
    expect(table).toEqual(before);
  });

  it('keeps the groups where one row is far away', () => {
    const table = Float64Array.from([...blobs(120, THREE, 3), 1e6, 1e6, 1e6]);
    const { fit } = fitTable(table, { names, seed: 1 });
    expect(fit.model.personas).toHaveLength(3);
    expect(fit.outliers[120]).toBe(1);
  });

  it('makes one persona of rows that are all alike', () => {
    const { fit, structure } = fitTable(new Float64Array(60).fill(3), { names, seed: 1 });
    expect(fit.model.personas).toHaveLength(1);
    expect(structure).toBeNull();
  });
});
