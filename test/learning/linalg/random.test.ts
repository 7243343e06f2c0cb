import { describe, expect, it } from 'vitest';

import { createRandom } from '../../../server/learning/index.js';

const drawn = (n: number, draw: () => number) => Array.from({ length: n }, draw);
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const varianceOf = (values: readonly number[]) => {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
};

describe('a seeded stream', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const first = createRandom(42);
    const again = createRandom(42);
    const other = createRandom(43);
    const numbers = drawn(20, () => first.next());
    expect(drawn(20, () => again.next())).toEqual(numbers);
    expect(drawn(20, () => other.next())).not.toEqual(numbers);
  });

  it('fills [0, 1) evenly', () => {
    const random = createRandom(1);
    const numbers = drawn(20_000, () => random.next());
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(meanOf(numbers)).toBeCloseTo(0.5, 1);
    expect(varianceOf(numbers)).toBeCloseTo(1 / 12, 2);
  });

  it('draws every integer below n about equally often', () => {
    const random = createRandom(2);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.int(7)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('has normals with mean 0 and variance 1', () => {
    const random = createRandom(3);
    const numbers = drawn(40_000, () => random.normal());
    expect(Math.abs(meanOf(numbers))).toBeLessThan(0.02);
    expect(Math.abs(varianceOf(numbers) - 1)).toBeLessThan(0.03);
  });

  it.each([0.3, 1, 4.5])('has gammas of shape %s with that mean and variance', (shape) => {
    const random = createRandom(4);
    const numbers = drawn(60_000, () => random.gamma(shape));
    expect(Math.abs(meanOf(numbers) / shape - 1)).toBeLessThan(0.03);
    expect(Math.abs(varianceOf(numbers) / shape - 1)).toBeLessThan(0.08);
  });

  it('has Dirichlet shares that sum to 1, also for alphas too small for a float', () => {
    const random = createRandom(5);
    for (const alphas of [
      [1, 2, 3],
      [0.1, 0.1],
      [1e-300, 1e-300, 1e-300],
    ]) {
      expect(random.dirichlet(alphas).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
  });

  it('shuffles without losing anything', () => {
    const shuffled = createRandom(6).shuffle(Int32Array.from({ length: 50 }, (_, i) => i));
    expect(Array.from(shuffled)).not.toEqual(Array.from(shuffled).sort((a, b) => a - b));
    expect(Array.from(shuffled.slice().sort())).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('refuses seeds that are not whole numbers', () => {
    expect(() => createRandom(0.5)).toThrow(RangeError);
    expect(() => createRandom(Number.NaN)).toThrow(RangeError);
  });
});
