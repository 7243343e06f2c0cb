import { describe, expect, it } from 'vitest';

import { ARCHETYPES } from '../../server/domain/index.js';
import type { BehaviourEvent } from '../../server/domain/index.js';
import { FEATURE_NAMES, emptyProfile, featureRow, rebuildProfile } from '../../server/features/index.js';
import type { FeatureName } from '../../server/features/index.js';
import { bucketSeconds, histogramQuantile, sessionBucket } from '../../server/features/session-histogram.js';
import { HABITS, synthesize } from '../../server/ingest/index.js';

import { CATALOGUE, event, isLongTail, randomEvents } from './event-stream.js';

const NOW = Date.UTC(2026, 6, 1);
const DAY = 86_400_000;

function features(events: readonly BehaviourEvent[]): Record<FeatureName, number> {
  const row = featureRow(rebuildProfile('u', events, CATALOGUE), { now: NOW, isLongTail });
  return Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, row[i]])) as Record<FeatureName, number>;
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

function entropyOf(keys: readonly unknown[]): number {
  const counts = new Map<unknown, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / keys.length) * Math.log(n / keys.length), 0);
}

/** Sessions by the rule in words: an id rules; without one, half an hour; an id names a nameless session. */
function sessionsOf(events: readonly BehaviourEvent[]): BehaviourEvent[][] {
  const sessions: BehaviourEvent[][] = [];
  for (const e of events) {
    const open = sessions.at(-1);
    const name = open?.find((other) => other.sessionId !== null)?.sessionId ?? null;
    const isNear = open !== undefined && e.at - open.at(-1)!.at <= 30 * 60_000;
    const joins =
      open !== undefined && (name !== null && e.sessionId !== null ? name === e.sessionId : isNear);
    if (joins) open.push(e);
    else sessions.push([e]);
  }
  return sessions;
}

/** Straight from the list of events, the slow and obvious way; long tail and labels have tests of their own. */
function slowFeatures(events: readonly BehaviourEvent[]): Partial<Record<FeatureName, number>> {
  const count = (...types: string[]) => events.filter((e) => types.includes(e.type)).length;
  const thumbs = new Map<string, string>();
  for (const { type, itemId } of events)
    if (itemId !== null && ['like', 'dislike', 'retract'].includes(type)) thumbs.set(itemId, type);
  const standing = (type: string) => [...thumbs.values()].filter((thumb) => thumb === type).length;
  const actions = Math.max(0, events.length - count('impression') - 2 * count('retract'));
  const itemEvents = events.filter(
    (e) => e.itemId !== null && !['impression', 'retract', 'search'].includes(e.type),
  );
  const categories = itemEvents.map((e) => CATALOGUE.categoryOf(e.itemId!)).filter((c) => c !== null);
  const visits = events.filter((e) => e.type === 'view' || e.type === 'click');
  const repeats = visits.filter((e) =>
    events
      .slice(0, events.indexOf(e))
      .some((before) => before.itemId === e.itemId && !['impression', 'search'].includes(before.type)),
  );
  const dwells = visits.filter((e) => e.value !== null).map((e) => e.value!);
  const amounts = events.filter((e) => e.type === 'purchase').map((e) => e.value ?? 0);
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const sessions = sessionsOf(events);
  const lengths = sessions.map((s) => (s.at(-1)!.at - s[0].at) / 1000).sort((a, b) => a - b);
  const weeks = Math.max(1, (events.at(-1)!.at - events[0].at) / (7 * DAY));
  const p90 = lengths[Math.ceil(0.9 * lengths.length) - 1];
  const perCategory = categories.map((c) => categories.filter((other) => other === c).length);
  return {
    clickThroughRate: Math.min(1, share(count('click'), count('impression'))),
    impressionShare: share(count('impression'), events.length),
    sessionsPerWeek: sessions.length / weeks,
    sessionMeanSeconds: share(total(lengths), sessions.length),
    sessionP90Seconds: bucketSeconds(sessionBucket(p90)),
    eventsPerSession: events.length / sessions.length,
    bounceRate: sessions.filter((s) => s.length === 1).length / sessions.length,
    searchShare: share(count('search'), actions),
    categoryEntropy: entropyOf(categories),
    noveltyRate: share(new Set(categories).size, categories.length),
    repeatViewRate: share(repeats.length, visits.length),
    cartRate: share(count('cart'), actions),
    purchaseRate: share(count('purchase'), actions),
    basketValue: share(total(amounts), amounts.length),
    likeShare: share(standing('like'), actions),
    dislikeShare: share(standing('dislike'), actions),
    feedbackPerWeek: (standing('like') + standing('dislike')) / weeks,
    dwellMeanSeconds: share(total(dwells), dwells.length),
    hourEntropy: entropyOf(events.map((e) => new Date(e.at).getUTCHours())),
    weekendShare: events.filter((e) => [0, 6].includes(new Date(e.at).getUTCDay())).length / events.length,
    recencyDays: (NOW - events.at(-1)!.at) / DAY,
    topCategoryAffinity: share(Math.max(0, ...perCategory), categories.length),
  };
}

describe('behavioural features', () => {
  it('equal what the list of events says', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const events = randomEvents(seed, 10 + seed * 4);
      const fast = features(events);
      for (const [name, value] of Object.entries(slowFeatures(events))) {
        expect(fast[name as FeatureName], `${name}, seed ${seed}`).toBeCloseTo(value, 9);
      }
    }
  });

  it('are at least twenty, each with a name of its own', () => {
    expect(FEATURE_NAMES.length).toBeGreaterThanOrEqual(20);
    expect(new Set(FEATURE_NAMES).size).toBe(FEATURE_NAMES.length);
  });

  it('are finite for a user without events', () => {
    const row = featureRow(emptyProfile('u'), { now: NOW, isLongTail });
    expect(row).toHaveLength(FEATURE_NAMES.length);
    expect([...row].every(Number.isFinite)).toBe(true);
    expect(row[FEATURE_NAMES.indexOf('weekendShare')]).toBeCloseTo(2 / 7);
  });

  it('are neutral about time for ratings without times', () => {
    const early = features([event({ id: 'a', type: 'like', at: 3 })]);
    const late = features([event({ id: 'a', type: 'like', at: 80_000_000 })]);
    expect(early).toEqual(late);
    expect(early).toMatchObject({ sessionsPerWeek: 0, recencyDays: 0, hourEntropy: 0, bounceRate: 0 });
    expect(early.likeShare).toBe(1);
  });

  it('are the same after a thumb that was taken back, but for times and sessions', () => {
    const view = event({ id: 'a', type: 'view', itemId: 'i1' });
    const like = event({ id: 'b', type: 'like', itemId: 'i2' });
    const undo = event({ id: 'c', type: 'retract', itemId: 'i2' });
    const { likeShare, dislikeShare, feedbackPerWeek, cartRate } = features([view]);
    expect(features([view, like, undo])).toMatchObject({
      likeShare,
      dislikeShare,
      feedbackPerWeek,
      cartRate,
    });
    expect(features([view, like]).likeShare).toBe(0.5);
  });

  it('count long-tail items among the items met', () => {
    const events = ['i1', 'i6', 'i7', 'i2'].map((itemId) => event({ id: itemId, type: 'view', itemId }));
    expect(features(events).longTailShare).toBe(0.5);
  });

  it('label the device and language used most, the same in every run', () => {
    const on = (device: string, locale: string, id: string) => event({ id, type: 'view', device, locale });
    const english = features([
      on('mobile', 'en-GB', 'a'),
      on('mobile', 'en_US', 'b'),
      on('desktop', 'de', 'c'),
    ]);
    const german = features([on('Desktop', 'de-AT', 'a'), on('desktop', 'de', 'b'), on('mobile', 'en', 'c')]);
    expect(english.device).toBe(2);
    expect(german.device).toBe(1);
    expect(english.locale).not.toBe(german.locale);
    expect(features([on('fridge', 'tlh', 'a')])).toMatchObject({ device: 7 });
    expect(features([event({ id: 'a', type: 'view' })])).toMatchObject({ device: 0, locale: 0 });
  });

  it('tell the simulated archetypes apart where they should differ', () => {
    const { items, batches, truth } = synthesize({
      seed: 5,
      nUsers: 400,
      endAt: NOW,
      pseudonymize: (id) => id,
    });
    const categories = new Map(items.map((item) => [item.itemId, item.category]));
    const catalogue = { categoryOf: (itemId: string) => categories.get(itemId) ?? null };
    const byUser = new Map<string, BehaviourEvent[]>();
    for (const { events } of batches()) {
      for (const e of events) byUser.set(e.userId, [...(byUser.get(e.userId) ?? []), e]);
    }
    const mean = (archetype: string, name: FeatureName) => {
      const users = truth.userIds.filter((_, u) => ARCHETYPES[truth.dominant[u]] === archetype);
      const values = users.map((userId) => {
        const profile = rebuildProfile(userId, byUser.get(userId)!, catalogue);
        return featureRow(profile, { now: NOW, isLongTail: () => false })[FEATURE_NAMES.indexOf(name)];
      });
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const largest = (name: FeatureName) =>
      Object.keys(HABITS).reduce((a, b) => (mean(b, name) > mean(a, name) ? b : a));
    for (const name of ['searchShare', 'dwellMeanSeconds', 'topCategoryAffinity'] as const) {
      expect(largest(name), name).toBe('seeker');
    }
    for (const name of ['bounceRate', 'impressionShare', 'sessionsPerWeek'] as const) {
      expect(largest(name), name).toBe('browser');
    }
    for (const name of ['cartRate', 'purchaseRate', 'basketValue'] as const)
      expect(largest(name), name).toBe('buyer');
    // Not noveltyRate, which falls with the number of events, and explorers have the most.
    for (const name of ['categoryEntropy', 'dislikeShare'] as const) {
      expect(largest(name), name).toBe('explorer');
    }
  });
});

describe('the histogram of session lengths', () => {
  it('puts a length into the bucket whose bounds hold it', () => {
    expect([0, 0.99].map(sessionBucket)).toEqual([0, 0]);
    for (const seconds of [1, 1.4, 10, 600, 5000]) {
      const bucket = sessionBucket(seconds);
      expect(1.5 ** (bucket - 1)).toBeLessThanOrEqual(seconds);
      expect(1.5 ** bucket).toBeGreaterThan(seconds);
    }
    expect(sessionBucket(1e9)).toBe(sessionBucket(1e8));
  });

  it('has quantile 0 without sessions', () => {
    expect(histogramQuantile([0, 0, 0], 0.9)).toBe(0);
  });

  it('names the feature and the category whose stored count is damaged, and the command that repairs it', () => {
    const profile = rebuildProfile('u', [event({ id: 'a', type: 'view' })], CATALOGUE);
    const categories = { constructor: 'function Object() { [native code] }1' } as never;
    const damaged = { ...profile, behaviour: { ...profile.behaviour, categories } };
    expect(() => featureRow(damaged, { now: NOW, isLongTail })).toThrow(
      /feature "\w+".*stored count of category "constructor" is not a number.*npm run rebuild/,
    );
  });
});
