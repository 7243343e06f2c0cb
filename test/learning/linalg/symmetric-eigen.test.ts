import { describe, expect, it } from 'vitest';

import { NotFiniteError } from '../../../server/learning/errors.js';
import { createRandom, symmetricEigen } from '../../../server/learning/linalg/index.js';

function randomSymmetric(n: number): Float64Array {
  const random = createRandom(n);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  return a;
}

describe('the eigen-decomposition of a symmetric matrix', () => {
  it.each([1, 2, 3, 9, 40])('puts a matrix of order %i together again from unit eigenvectors', (n) => {
    const a = randomSymmetric(n);
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let product = 0;
        let rebuilt = 0;
        for (let k = 0; k < n; k++) {
          product += vectors[i * n + k] * vectors[j * n + k];
          rebuilt += values[k] * vectors[k * n + i] * vectors[k * n + j];
        }
        expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
        expect(rebuilt).toBeCloseTo(a[i * n + j], 10);
      }
    }
  });

  it('gives the values in descending order', () => {
    const { values } = symmetricEigen(randomSymmetric(30), 30);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
  });

  it('knows the values of a small matrix', () => {
    expect(symmetricEigen([2, 1, 1, 2], 2).values[0]).toBeCloseTo(3, 12);
    expect(symmetricEigen([2, 1, 1, 2], 2).values[1]).toBeCloseTo(1, 12);
  });

  it('handles a diagonal matrix, zeros and nothing at all', () => {
    expect([...symmetricEigen([1, 0, 0, 0, 3, 0, 0, 0, 2], 3).values]).toEqual([3, 2, 1]);
    expect([...symmetricEigen(new Float64Array(16), 4).values]).toEqual([0, 0, 0, 0]);
    expect(symmetricEigen([], 0).values.length).toBe(0);
  });

  it('refuses a matrix that is not finite', () => {
    expect(() => symmetricEigen([1, 0, NaN, 1], 2)).toThrow(NotFiniteError);
  });
});
