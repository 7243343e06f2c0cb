import { describe, expect, it } from 'vitest';

import { createRandom, topN } from '../../../server/learning/linalg/index.js';

describe('the n best of many scores', () => {
  it('are those a full sort gives, ties by lower index', () => {
    const random = createRandom(1);
    // Few distinct values, so that ties are everywhere.
    const scores = Float32Array.from({ length: 500 }, () => random.int(40));
    const sorted = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    for (const n of [1, 2, 10, 499, 500, 600]) expect([...topN(scores, n)]).toEqual(sorted.slice(0, n));
  });

  it('leave out what is not allowed', () => {
    const scores = Float32Array.of(1, 5, 3, 4, 2);
    expect([...topN(scores, 3, (index) => index !== 1)]).toEqual([3, 2, 4]);
    expect([...topN(scores, 3, () => false)]).toEqual([]);
  });

  it('are none when none are asked for or there are none', () => {
    expect(topN(Float32Array.of(1, 2), 0).length).toBe(0);
    expect(topN(new Float32Array(0), 5).length).toBe(0);
  });
});
