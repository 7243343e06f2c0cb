/** A new version against the one that serves: who wins, on which likes, and by how much more than chance. */

import { describe, expect, it } from 'vitest';

import {
  compareRecommenders,
  createRandom,
  holdOut,
  isWorse,
  heldOutAfter,
} from '../../../server/learning/index.js';

const N_ITEMS = 40;
const N_USERS = 400;

/** Every user has seen one item and holds out another. */
const seen = {
  indptr: Int32Array.from({ length: N_USERS + 1 }, (_, user) => user),
  indices: Int32Array.from({ length: N_USERS }, (_, user) => user % N_ITEMS),
};
const test = {
  indptr: seen.indptr,
  indices: seen.indices.map((item) => (item + 1) % N_ITEMS),
};

/** Finds the held-out item for a share of the users. */
function recommender(skill: number, seed: number) {
  const random = createRandom(seed);
  const isGood = Array.from({ length: N_USERS }, () => random.next() < skill);
  return (user: number) => {
    const scores = Float32Array.from({ length: N_ITEMS }, (_, item) => item / 1_000);
    scores[test.indices[user]] = isGood[user] ? 1 : -1;
    return scores;
  };
}

const compare = (ours: number, theirs: number, tolerance = 0.02, seeds = [1, 1]) =>
  compareRecommenders(
    {
      ...{ nItems: N_ITEMS, seen, test },
      scoresOf: recommender(ours, seeds[0]),
      otherScoresOf: recommender(theirs, seeds[1]),
    },
    { seed: 1, tolerance },
  ).find(({ name }) => name === 'ndcg@10')!;

describe('two recommenders on the same users', () => {
  it('tell a loss from none, and from a gain', () => {
    expect(compare(0.5, 0.8)).toMatchObject({ isWorse: true });
    expect(compare(0.8, 0.8)).toMatchObject({ isWorse: false, difference: { value: 0, low: 0, high: 0 } });
    expect(compare(0.8, 0.5)).toMatchObject({ isWorse: false });
  });

  it('have a difference that is theirs, with an interval around it', () => {
    const { value, otherValue, difference } = compare(0.6, 0.7, 0.02, [1, 2]);
    expect(difference.value).toBeCloseTo(value - otherValue, 10);
    expect(difference.low).toBeLessThan(difference.value);
    expect(difference.high).toBeGreaterThan(difference.value);
  });
});

describe('worse', () => {
  const by = (value: number, spread: number) => ({ value, low: value - spread, high: value + spread });
  it('is what loses more than is allowed and more than chance would', () => {
    expect(isWorse(by(-0.1, 0.05), 0.02)).toBe(true);
    expect(isWorse(by(-0.01, 0.005), 0.02)).toBe(false);
    expect(isWorse(by(-0.1, 0.2), 0.02)).toBe(false);
    expect(isWorse(by(0, 0), 0)).toBe(false);
  });
  it('is what does not gain what is asked for', () => {
    expect(isWorse(by(0, 0), -0.1)).toBe(true);
    expect(isWorse(by(0.2, 0.05), -0.1)).toBe(false);
  });
});

describe('held-out likes after an instant', () => {
  it('are the later ones, and their users are counted', () => {
    const nLikes = 6;
    const interactions = {
      indptr: Int32Array.from([0, 3, 6]),
      indices: Int32Array.from([0, 1, 2, 0, 1, 2]),
      strength: new Float32Array(nLikes),
      opinion: new Int8Array(nLikes).fill(1),
      purchased: new Uint8Array(nLikes),
      at: Float64Array.from([1, 8, 9, 1, 2, 3], (day) => day * 86_400_000),
    };
    const { test: held } = holdOut(interactions, { seed: 1 });
    expect([...held.at].map((instant) => instant / 86_400_000)).toEqual([8, 9, 3]);
    const { nUsers, indices, indptr } = heldOutAfter(held, 8 * 86_400_000);
    expect({ nUsers, indices: [...indices], indptr: [...indptr] }).toEqual({
      nUsers: 1,
      indices: [2],
      indptr: [0, 1, 1],
    });
    expect(heldOutAfter(held, 99 * 86_400_000).nUsers).toBe(0);
  });
});
