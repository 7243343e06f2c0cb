/** Differential privacy over time: what is told once is told for good, and a day has its budget. */

import { beforeEach, describe, expect, it } from 'vitest';

import { parseFraction } from '../../../server/privacy/index.js';
import { PrivacyService, PrivateMetrics } from '../../../server/services/analytics/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import type { Store } from '../../../server/store/index.js';
import { model } from '../../contracts/samples.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 1, 9);
const TODAY = { from: MIDNIGHT, to: MIDNIGHT + DAY };

describe('private metrics', () => {
  let store: Store;
  let now: number;
  const desk = (epsilon: string) =>
    new PrivateMetrics({ store, epsilonPerDay: parseFraction(epsilon), clock: () => now });

  beforeEach(async () => {
    store = createMemoryStore();
    now = MIDNIGHT + 2.5 * HOUR;
    const counters = { likes: 100, clicks: 50 };
    await store.metrics.increment([
      { grain: 'hour', at: MIDNIGHT, persona: 'none', counters },
      { grain: 'hour', at: MIDNIGHT + 2 * HOUR, persona: 'none', counters },
      { grain: 'day', at: MIDNIGHT, persona: 'none', counters },
    ]);
  });

  it('tells the hours that are over, empty ones and every counter included, and not the one under way', async () => {
    const buckets = await desk('1').find({ grain: 'hour', ...TODAY });
    expect(buckets.map(({ at }) => at)).toEqual([MIDNIGHT, MIDNIGHT + HOUR]);
    expect(Object.keys(buckets[1].counters).sort()).toEqual(Object.keys(buckets[0].counters).sort());
    expect(Object.keys(buckets[0].counters)).toEqual(expect.arrayContaining(['purchases', 'clicks@50']));
    for (const { counters } of buckets) {
      for (const count of Object.values(counters)) expect(Number.isInteger(count)).toBe(true);
    }
  });

  it('gives the same answer again, also after a restart and after late events, so that noise cannot be averaged away', async () => {
    const first = await desk('0.5').find({ grain: 'hour', ...TODAY });
    await store.metrics.increment([
      { grain: 'hour', at: MIDNIGHT, persona: 'none', counters: { likes: 1_000_000 } },
    ]);
    expect(await desk('0.5').find({ grain: 'hour', ...TODAY })).toEqual(first);
    expect(await desk('0.5').find({ grain: 'hour', from: MIDNIGHT, to: MIDNIGHT + HOUR })).toEqual(
      first.slice(0, 1),
    );
  });

  it('gives one answer when two instances are asked at the same time', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => desk('1').find({ grain: 'hour', ...TODAY })));
    expect(one).toEqual(two);
  });

  it('spends half of the budget on the hours and a quarter on the day, and no more', async () => {
    expect(await desk('1').epsilonUsed(TODAY)).toBe(0);
    await desk('1').find({ grain: 'hour', ...TODAY });
    expect(await desk('1').epsilonUsed(TODAY)).toBe(0.5);
    now = MIDNIGHT + DAY + HOUR;
    await desk('1').find({ grain: 'hour', ...TODAY });
    expect(await desk('1').epsilonUsed(TODAY)).toBe(0.5);
    expect(await desk('1').find({ grain: 'day', ...TODAY })).toHaveLength(1);
    expect(await desk('1').epsilonUsed(TODAY)).toBe(0.75);
    expect(await desk('1').epsilonUsed({ from: MIDNIGHT - DAY, to: MIDNIGHT })).toBe(0);
  });

  it('tells nothing more of a day whose budget was lowered below what is spent', async () => {
    await desk('2').find({ grain: 'hour', ...TODAY });
    now = MIDNIGHT + DAY + HOUR;
    expect(await desk('0.5').find({ grain: 'day', ...TODAY })).toEqual([]);
    expect(await desk('0.5').find({ grain: 'hour', ...TODAY })).toHaveLength(2);
    expect(await desk('0.5').epsilonUsed(TODAY)).toBe(1);
  });

  it('adds noise of the stated scale', async () => {
    const draws: number[] = [];
    for (let i = 0; i < 40; i++) {
      store = createMemoryStore();
      const [bucket] = await desk('1').find({ grain: 'hour', from: MIDNIGHT, to: MIDNIGHT + HOUR });
      draws.push(...Array.from({ length: 51 }, (_, position) => bucket.counters[`clicks@${position}`]));
    }
    // Sensitivity 2, seven groups, half of the budget: scale 28, whose mean magnitude is 28 as well.
    const mean = draws.reduce((sum, draw) => sum + Math.abs(draw), 0) / draws.length;
    expect(Math.abs(mean - 28)).toBeLessThan((6 * 28) / Math.sqrt(draws.length));
    // Placed clicks have sensitivity 3: scale 42, whose standard deviation is 42 times the root of 2.
    expect(await desk('1').noiseStdDev('hour')).toBeCloseTo(42 * Math.SQRT2, 1);
  });
});

describe('private persona sizes', () => {
  const SIZES = { seeker: 4_000, buyer: 6_000 };
  let store: Store;
  let now: number;
  let active: number;
  const desk = (epsilon = '1') =>
    new PrivacyService({
      store,
      epsilonPerDay: parseFraction(epsilon),
      activeVersion: () => active,
      clock: () => now,
    });
  const sizesOf = async (from: PrivacyService, version: number) =>
    Promise.all(Object.keys(SIZES).map((personaId) => from.personaSize(version, personaId)));
  const train = () => {
    const personas = Object.entries(SIZES).map(([personaId, size]) => ({
      ...{ personaId, size, label: personaId, description: '', share: size / 10_000 },
      ...{ silhouette: 0.5, centroid: {}, distinctive: [] },
    }));
    return store.models.create(model({ personas }));
  };

  beforeEach(async () => {
    store = createMemoryStore();
    now = MIDNIGHT + HOUR;
    active = await train();
  });

  it('are published once for a version: again, after a restart, and from other instances', async () => {
    const one = desk();
    const [first, concurrent] = await Promise.all([sizesOf(one, active), sizesOf(desk(), active)]);
    expect(concurrent).toEqual(first);
    expect(await sizesOf(one, active)).toEqual(first);
    now += 3 * DAY;
    expect(await sizesOf(desk('0.001'), active)).toEqual(first);
    const shares = first.map((row) => row!.share);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    const privacy = new PrivateMetrics({ store, epsilonPerDay: parseFraction('1'), clock: () => now });
    expect(await privacy.epsilonUsed(TODAY)).toBe(0.25);
  });

  it('spend the part of one version a day; the next version waits for the next day', async () => {
    await sizesOf(desk(), active);
    active = await train();
    expect(await sizesOf(desk(), active)).toEqual([null, null]);
    now = MIDNIGHT + DAY;
    expect(await sizesOf(desk(), active)).not.toContain(null);
  });

  it('of a version that does not serve are withheld and cost nothing', async () => {
    const other = await train();
    expect(await sizesOf(desk(), other)).toEqual([null, null]);
    expect(await store.metrics.epsilonSpent(0, Infinity)).toEqual([]);
  });

  it('stay withheld on a day whose budget the counters have used up', async () => {
    await store.metrics.spendEpsilon([{ at: MIDNIGHT, grain: 'hour', epsilon: 0.8 }]);
    expect(await sizesOf(desk(), active)).toEqual([null, null]);
  });

  it('carry noise of the stated scale', async () => {
    const draws: number[] = [];
    for (let i = 0; i < 1_000; i++) {
      store = createMemoryStore();
      active = await train();
      const sizes = await sizesOf(desk(), active);
      draws.push(sizes[0]!.size - SIZES.seeker, sizes[1]!.size - SIZES.buyer);
    }
    // Sensitivity 2, a quarter of the budget: scale 8, whose mean magnitude is 8 as well.
    const mean = draws.reduce((sum, draw) => sum + Math.abs(draw), 0) / draws.length;
    expect(Math.abs(mean - 8)).toBeLessThan((6 * 8) / Math.sqrt(draws.length));
  });
});
