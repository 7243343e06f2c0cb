/** Simulated users who are shown lists: what they do follows from their true affinities, and only from those. */

import { describe, expect, it } from 'vitest';

import type { Shopper } from '../../server/ingest/index.js';
import {
  PARAMETERS,
  archetypeOf,
  comesThisWeek,
  createShopper,
  liveOn,
  planWeek,
  shop,
  synthesize,
} from '../../server/ingest/index.js';
import { createRandom } from '../../server/learning/index.js';

const WEEK = 7 * 86_400_000;
const END_AT = Date.UTC(2026, 4, 20, 15);
const synthesis = synthesize({ seed: 5, nUsers: 120, nItems: 400, endAt: END_AT, pseudonymize: (id) => id });
const people = [...synthesis.batches()].flatMap((batch) => batch.people);
const shoppers = (): Shopper[] => people.map((person) => createShopper(person, synthesis.world));

/** Items in the order of true affinity. */
const ranked = ({ affinity }: Shopper) =>
  Array.from(affinity.keys()).sort((a, b) => affinity[b] - affinity[a] || a - b);

describe('a week', () => {
  it('is planned alike whatever the user has met before', () => {
    const [one] = shoppers();
    const other = createShopper({ ...people[0], met: [] }, synthesis.world);
    const frame = (shopper: Shopper) => {
      const { sessions, budget } = planWeek(shopper, END_AT, createRandom(3));
      return { budget, visits: sessions.map(({ startAt, seed, seesList }) => [startAt, seed, seesList]) };
    };
    expect(frame(other)).toEqual(frame(one));
  });

  it('lies within its seven days, in order, with a list in most sessions', () => {
    for (const shopper of shoppers()) {
      const { sessions } = planWeek(shopper, END_AT, createRandom(4));
      const starts = sessions.map(({ startAt }) => startAt);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
      expect(starts[0]).toBeGreaterThanOrEqual(END_AT);
      expect(starts.at(-1)).toBeLessThan(END_AT + WEEK);
      expect(sessions.some(({ seesList }) => seesList)).toBe(true);
    }
  });

  it('comes as often as the rhythm says', () => {
    const random = createRandom(8);
    const [shopper] = shoppers();
    let visits = 0;
    for (let week = 0; week < 4_000; week++) if (comesThisWeek(shopper, random)) visits += 1;
    expect(visits / 4_000).toBeCloseTo(1 / shopper.person.habits.rhythm, 1);
  });
});

describe('a list', () => {
  const budget = () => ({ carts: 2, purchases: 1, dislikes: 2 });
  const likesOf = (shopper: Shopper, list: number[], seed: number) =>
    shop(shopper, list, budget(), createRandom(seed)).filter(({ type }) => type === 'like').length;

  it('is liked the more the better it fits', () => {
    let [best, worst] = [0, 0];
    shoppers().forEach((shopper, seed) => {
      best += likesOf(shopper, ranked(shopper).slice(0, 10), seed);
      worst += likesOf(shopper, ranked(shopper).slice(-10), seed);
    });
    expect(best).toBeGreaterThan(2 * shoppers().length);
    expect(worst).toBe(0);
  });

  it('is read from the top down, and nothing is done with what was not seen', () => {
    shoppers().forEach((shopper, seed) => {
      const acts = shop(shopper, ranked(shopper).slice(0, 10), budget(), createRandom(seed));
      const seen = acts.filter(({ type }) => type === 'impression');
      expect(seen.map(({ position }) => position)).toEqual(seen.map((_, place) => place));
      const items = new Set(seen.map(({ itemIndex }) => itemIndex));
      expect(acts.every(({ itemIndex }) => items.has(itemIndex))).toBe(true);
    });
  });

  it('never uses up more than the budget of the week', () => {
    shoppers().forEach((shopper, seed) => {
      const left = budget();
      const acts = shop(shopper, ranked(shopper).reverse().slice(0, 10), left, createRandom(seed));
      const dislikes = acts.filter(({ type }) => type === 'dislike').length;
      expect(left.dislikes).toBe(2 - dislikes);
      expect(left.dislikes).toBeGreaterThanOrEqual(0);
    });
  });
});

describe('a life', () => {
  it('drifts, and some turn to another archetype or interest', () => {
    const all = shoppers();
    const before = all.map((shopper) => ({ archetype: archetypeOf(shopper), at: shopper.affinity.slice() }));
    const random = createRandom(12);
    for (let week = 0; week < 8; week++) for (const shopper of all) liveOn(shopper, synthesis.world, random);
    const turned = all.filter((shopper, user) => archetypeOf(shopper) !== before[user].archetype);
    expect(turned.length).toBeGreaterThan(all.length * 0.05);
    expect(turned.length).toBeLessThan(all.length * 0.5);
    all.forEach(({ affinity, person, threshold }, user) => {
      expect(affinity).not.toEqual(before[user].at);
      expect(affinity.filter((value) => value >= threshold).length).toBe(PARAMETERS.likeable);
      expect(new Set(person.themes).size).toBe(person.themes.length);
      expect(person.weights.length).toBe(person.themes.length);
    });
  });
});
