/** Simulated users who are shown lists: what they do follows from their true affinities, and only from those. */

import { describe, expect, it } from 'vitest';

import type { Shopper } from '../../server/ingest/index.js';
import {
  HABITS,
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
const shoppers = (): Shopper[] => people.map((person) => createShopper(person, synthesis.world, END_AT));

/** Items in the order of true affinity. */
const ranked = ({ affinity }: Shopper) =>
  Array.from(affinity.keys()).sort((a, b) => affinity[b] - affinity[a] || a - b);

describe('a week', () => {
  it('is planned alike whatever the user has met before', () => {
    const [one] = shoppers();
    const other = createShopper({ ...people[0], met: [] }, synthesis.world, END_AT);
    const frame = (shopper: Shopper) =>
      planWeek(shopper, synthesis.world, END_AT, createRandom(3)).map(({ startAt, seed, seesList }) => [
        startAt,
        seed,
        seesList,
      ]);
    expect(frame(other)).toEqual(frame(one));
  });

  it('lies within its seven days, in order, with a list in at least a session', () => {
    for (const shopper of shoppers()) {
      const sessions = planWeek(shopper, synthesis.world, END_AT, createRandom(4));
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

  it('has further items, which users find once they exist', () => {
    const later = END_AT + 6 * WEEK;
    const found = new Set<number>();
    for (const shopper of shoppers()) {
      liveOn(shopper, synthesis.world, later, createRandom(2));
      for (const { acts } of planWeek(shopper, synthesis.world, later, createRandom(5)))
        for (const { itemIndex } of acts) if (itemIndex !== null) found.add(itemIndex);
    }
    const isLater = (item: number) => synthesis.world.items[item].createdAt > later;
    expect([...found].filter(isLater)).toEqual([]);
    expect([...found].filter((item) => item >= synthesis.items.length).length).toBeGreaterThan(5);
  });
});

describe('a list', () => {
  const opensOf = (shopper: Shopper, list: number[], seed: number) =>
    shop(shopper, list, createRandom(seed)).filter(({ type }) => type === 'click').length;

  it('is opened the more the better it fits', () => {
    let [best, worst] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      for (const shopper of shoppers()) {
        best += opensOf(shopper, ranked(shopper).slice(0, 10), seed);
        worst += opensOf(shopper, ranked(shopper).slice(-10), seed);
      }
    }
    const mostOpened = Math.max(...Object.values(HABITS).map(({ openShare }) => openShare));
    expect(best).toBeGreaterThan(20 * worst);
    // Not even a perfect list is opened more than a tenth or so of the time.
    expect(best / (20 * people.length)).toBeLessThan(4 * mostOpened);
  });

  it('is read from the top down, and nothing is done with what was not seen', () => {
    shoppers().forEach((shopper, seed) => {
      const acts = shop(shopper, ranked(shopper).slice(0, 10), createRandom(seed));
      const seen = acts.filter(({ type }) => type === 'impression');
      expect(seen.map(({ position }) => position)).toEqual(seen.map((_, place) => place));
      const items = new Set(seen.map(({ itemIndex }) => itemIndex));
      expect(acts.every(({ itemIndex }) => items.has(itemIndex))).toBe(true);
    });
  });
});

describe('a life', () => {
  it('drifts, and some turn to another archetype or interest', () => {
    const all = shoppers();
    const before = all.map((shopper) => ({ archetype: archetypeOf(shopper), at: shopper.affinity }));
    const random = createRandom(12);
    for (let week = 0; week < 8; week++)
      for (const shopper of all) liveOn(shopper, synthesis.world, END_AT + week * WEEK, random);
    const turned = all.filter((shopper, user) => archetypeOf(shopper) !== before[user].archetype);
    expect(turned.length).toBeGreaterThan(all.length * 0.05);
    expect(turned.length).toBeLessThan(all.length * 0.5);
    all.forEach(({ affinity, person, threshold }, user) => {
      expect(affinity.length).toBeGreaterThan(before[user].at.length);
      expect(affinity.slice(0, before[user].at.length)).not.toEqual(before[user].at);
      expect(affinity.filter((value) => value >= threshold).length).toBe(PARAMETERS.fitting);
      expect(new Set(person.themes).size).toBe(person.themes.length);
      expect(person.weights.length).toBe(person.themes.length);
    });
  });
});
