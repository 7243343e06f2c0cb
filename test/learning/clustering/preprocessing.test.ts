import { describe, expect, it } from 'vitest';

import {
  componentCount,
  createRandom,
  fitPreprocessing,
  flagOutliers,
  InsufficientDataError,
  InvalidShapeError,
  NotFiniteError,
  standardise,
  transform,
} from '../../../server/learning/index.js';
import { BEHAVIOUR_NAMES, behaviourTable } from './tables.js';

const random = createRandom(11);
const normals = (n: number) => Array.from({ length: n }, () => random.normal());
const table = (...columns: number[][]) =>
  Float64Array.from(columns[0].flatMap((_, r) => columns.map((c) => c[r])));

describe('preprocessing', () => {
  it('drops constant columns and names them', () => {
    const fit = fitPreprocessing(table(normals(50), new Array(50).fill(7), normals(50)), {
      names: ['a', 'b', 'c'],
    });
    expect(fit.droppedNames).toEqual(['b']);
    expect(Array.from(fit.kept)).toEqual([0, 2]);
  });

  it('takes the logarithm of heavy tails only', () => {
    const heavy = normals(500).map((value) => Math.exp(2 * value));
    const negative = heavy.map((value) => value - 1);
    const fit = fitPreprocessing(table(heavy, normals(500), negative), {
      names: ['heavy', 'normal', 'negative'],
    });
    expect(Array.from(fit.isLogged)).toEqual([1, 0, 0]);
  });

  it('leaves standardised columns with mean 0 and deviation 1', () => {
    const fit = fitPreprocessing(
      table(
        normals(400),
        normals(400).map((v) => 100 + 5 * v),
      ),
      { names: ['a', 'b'] },
    );
    const columns = fit.kept.length;
    expect(columns).toBe(2);
    const z = standardise(
      fit,
      table(
        normals(400),
        normals(400).map((v) => 100 + 5 * v),
      ),
    );
    for (let c = 0; c < columns; c++) {
      const column = Array.from(z).filter((_, i) => i % columns === c);
      const mean = column.reduce((a, b) => a + b, 0) / 400;
      expect(Math.abs(mean)).toBeLessThan(0.2);
      expect(Math.abs(Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / 400) - 1)).toBeLessThan(
        0.2,
      );
    }
  });

  it('pulls outliers in, flags their rows and no more than a few', () => {
    const values = normals(1_000);
    values[3] = 1e6;
    const rows = table(values, normals(1_000));
    const fit = fitPreprocessing(rows, { names: ['a', 'b'] });
    const flags = flagOutliers(fit, rows);
    expect(flags[3]).toBe(1);
    expect(flags.reduce((a, b) => a + b, 0)).toBeLessThan(40);
    expect(Math.max(...standardise(fit, rows).map(Math.abs))).toBeLessThan(6);
    // One wild value does not squeeze everybody else together.
    expect(fit.scale[0]).toBeLessThan(2);
  });

  it('does not take a common minority for outliers where more than half of the values are equal', () => {
    const share = Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 0.5 + 0.1 * random.next() : 0));
    const rows = table(share, normals(500));
    const fit = fitPreprocessing(rows, { names: ['share', 'other'] });
    const flags = flagOutliers(fit, rows);
    expect(flags.filter((flag, i) => flag === 1 && i % 5 === 0).length).toBeLessThan(20);
  });

  it('keeps the directions in front of the elbow of the variances', () => {
    const [x, y] = [normals(2_000), normals(2_000)];
    const near = (values: number[]) => values.map((value) => value + 0.1 * random.normal());
    const columns = [
      x,
      near(x),
      near(x),
      near(x),
      y,
      near(y),
      near(y),
      normals(2_000),
      normals(2_000),
      normals(2_000),
    ];
    const fit = fitPreprocessing(table(...columns), { names: columns.map((_, i) => `f${i}`) });
    expect(componentCount(fit)).toBe(2);
    expect(fit.variances[0]).toBeGreaterThan(fit.variances[1]);
  });

  it('makes components that are uncorrelated and have the stated variances', () => {
    const rows = behaviourTable(800);
    const fit = fitPreprocessing(rows, { names: BEHAVIOUR_NAMES });
    const points = transform(fit, rows);
    const d = componentCount(fit);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let i = 0; i < 800; i++) sum += (points[i * d + a] * points[i * d + b]) / 800;
        expect(sum).toBeCloseTo(a === b ? fit.variances[a] : 0, 8);
      }
    }
  });

  it('gives one row the same point as the whole table does', () => {
    const rows = behaviourTable(100);
    const before = rows.slice();
    const fit = fitPreprocessing(rows, { names: BEHAVIOUR_NAMES });
    const all = transform(fit, rows);
    const d = componentCount(fit);
    const p = BEHAVIOUR_NAMES.length;
    expect(transform(fit, rows.slice(17 * p, 18 * p))).toEqual(all.slice(17 * d, 18 * d));
    expect(rows).toEqual(before);
  });

  it('names the row and the feature of a number that is not finite, when fitting and later', () => {
    const rows = behaviourTable(40);
    const fit = fitPreprocessing(rows, { names: BEHAVIOUR_NAMES });
    rows[3 * BEHAVIOUR_NAMES.length + 1] = Number.NaN;
    expect(() => fitPreprocessing(rows, { names: BEHAVIOUR_NAMES })).toThrow(NotFiniteError);
    expect(() => fitPreprocessing(rows, { names: BEHAVIOUR_NAMES })).toThrow(/dwellMeanSeconds.*row 3/);
    rows[3 * BEHAVIOUR_NAMES.length + 1] = Infinity;
    expect(() => transform(fit, rows)).toThrow(NotFiniteError);
  });

  it('refuses tables without rows and rows of the wrong length', () => {
    expect(() => fitPreprocessing(new Float64Array(), { names: ['a'] })).toThrow(InsufficientDataError);
    expect(() => fitPreprocessing(new Float64Array(3), { names: ['a', 'b'] })).toThrow(InvalidShapeError);
  });
});
