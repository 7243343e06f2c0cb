import { describe, expect, it } from 'vitest';

import { TruthScores, synthesize } from '../../server/ingest/index.js';
import { expectedLooks } from '../../server/ingest/synthesis/expected-looks.js';
import { judgeUser } from '../../server/learning/index.js';

const END_AT = Date.UTC(2026, 4, 20);
const WEEK = 7 * 86_400_000;

describe('expected looks', () => {
  it('are those of walks from theme to theme', () => {
    // Two themes of one item each; after either, the other is nine times as likely.
    const world = {
      itemTheme: Int32Array.from([0, 1]),
      followOdds: Float32Array.from([1, 9, 9, 1]),
      nThemes: 2,
    };
    const looks = expectedLooks(world, Float64Array.from([1, 1]), 0, new Float64Array(2));
    let [at, counts] = [
      [1, 0],
      [0, 0],
    ];
    for (let look = 0; look < 7; look++) {
      at = [0.1 * at[0] + 0.9 * at[1], 0.9 * at[0] + 0.1 * at[1]];
      counts = counts.map((count, item) => count + at[item]);
    }
    counts.forEach((count, item) => expect(looks[item]).toBeCloseTo(count, 5));
    expect(expectedLooks(world, Float64Array.from([0, 1]), 0, new Float64Array(2))[0]).toBe(0);
  });
});

describe('the bounds of what a recommender can reach', () => {
  const synthesis = synthesize({ seed: 3, nUsers: 40, endAt: END_AT, pseudonymize: (id) => id });
  const events = [...synthesis.batches()].flatMap((batch) => batch.events);
  const itemIndex = new Map(synthesis.items.map(({ itemId }, index) => [itemId, index]));
  const scores = new TruthScores(synthesis.truth);

  /** Looks before the last week, and the new items of that week. */
  function historyOf(userId: string) {
    const looks = new Map<number, number>();
    const held = new Set<number>();
    for (const { userId: other, type, itemId, at } of events) {
      if (other !== userId || itemId === null || type === 'impression') continue;
      const item = itemIndex.get(itemId)!;
      if (at < END_AT - WEEK) looks.set(item, looks.get(item) ?? at);
      else if (!looks.has(item)) held.add(item);
    }
    return { looks: [...looks].map(([item, at]) => ({ item, at })), held: Int32Array.from(held) };
  }

  it('are above chance for the ceiling, and above the ceiling for the oracle', () => {
    const sums = { oracle: 0, ceiling: 0, users: 0 };
    synthesis.truth.userIds.forEach((userId, user) => {
      const { looks, held } = historyOf(userId);
      if (held.length < 5) return;
      const met = Int32Array.from(looks, ({ item }) => item);
      const precision = (values: Float32Array) => judgeUser(values, met, held).metrics['precision@5'];
      sums.oracle += precision(scores.oracle(user, looks));
      sums.ceiling += precision(scores.ceiling(user, looks));
      sums.users += 1;
    });
    expect(sums.users).toBeGreaterThan(25);
    expect(sums.ceiling / sums.users).toBeGreaterThan(0.25);
    expect(sums.oracle).toBeGreaterThan(sums.ceiling);
  }, 60_000);

  it('are the same for the same looks, and 0 for items looked at', () => {
    const { looks } = historyOf(synthesis.truth.userIds[0]);
    const ceiling = scores.ceiling(0, looks);
    expect(scores.ceiling(0, looks)).toEqual(ceiling);
    for (const values of [ceiling, scores.oracle(0, looks)])
      expect(looks.map(({ item }) => values[item])).toEqual(looks.map(() => 0));
  });
});
