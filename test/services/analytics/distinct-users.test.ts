/** Counting users over instances without informative whom. */

import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { countDistinct, sketchOf } from '../../../server/services/analytics/distinct-users.js';

const users = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) =>
    createHash('sha256')
      .update(String(from + index))
      .digest('hex'),
  );

describe('distinct users', () => {
  it.each([0, 1, 50])('are %i exactly where they are few', (count) => {
    expect(countDistinct([sketchOf(users(0, count))])).toBe(count);
  });

  it.each([2_000, 20_000, 200_000])('are %i within three standard errors', (count) => {
    expect(Math.abs(countDistinct([sketchOf(users(0, count))]) / count - 1)).toBeLessThan(3 * 0.0163);
  });

  it('count once who was on several instances', () => {
    const [left, right] = [sketchOf(users(0, 6_000)), sketchOf(users(3_000, 9_000))];
    expect(Math.abs(countDistinct([left, right]) / 9_000 - 1)).toBeLessThan(3 * 0.0163);
    expect(countDistinct([left, left])).toBe(countDistinct([left]));
  });
});
