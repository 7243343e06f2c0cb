/** What the stages report becomes buckets by persona, and figures of this instance at once. */

import { beforeEach, describe, expect, it } from 'vitest';

import {
  NO_PERSONA,
  itemFiguresOf,
  type BehaviourEvent,
  type MetricBucket,
} from '../../../server/domain/index.js';
import { MetricRecorder } from '../../../server/services/analytics/metric-recorder.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { SILENT } from '../../support/small-world.js';

const NOW = Date.UTC(2026, 0, 5, 12);
const [ANN, BOB] = ['a'.repeat(64), 'b'.repeat(64)];

const LIST = Array.from({ length: 10 }, (_, n) => `i${n}`);

function event(
  userId: string,
  type: BehaviourEvent['type'],
  more: Partial<BehaviourEvent> = {},
): BehaviourEvent {
  return {
    ...{ id: `${userId[0]}-${type}-${more.at ?? NOW}`, type, userId, itemId: 'i1', at: NOW, value: null },
    ...{ sessionId: 's', position: null, listId: null, device: null, locale: null },
    ...more,
  };
}

describe('the metric recorder', () => {
  let store: Store;
  let personaIds: Map<string, string>;
  let isFailing: boolean;
  let recorder: MetricRecorder;
  beforeEach(() => {
    store = createMemoryStore();
    personaIds = new Map([[ANN, 'seeker']]);
    isFailing = false;
    recorder = new MetricRecorder({
      store,
      catalogue: { categoryOf: () => 'books' },
      personas: {
        idsOf: () => (isFailing ? Promise.reject(new Error('down')) : Promise.resolve(personaIds)),
      },
      clock: () => NOW,
      log: SILENT,
    });
  });

  /** Hourly buckets by persona. */
  async function hours(): Promise<Map<string, MetricBucket>> {
    await recorder.drain();
    const buckets = await store.metrics.find({ grain: 'hour', from: 0, to: Infinity });
    return new Map(buckets.map((bucket) => [bucket.persona, bucket]));
  }

  it('counts events under the persona of their user, and under none for a user without one', async () => {
    recorder.addEvents(ANN, [event(ANN, 'view'), event(ANN, 'click', { at: NOW + 1 })], null);
    recorder.addEvents(BOB, [event(BOB, 'view')], null);
    const buckets = await hours();
    expect(buckets.get('seeker')?.counters).toMatchObject({ views: 1, clicks: 1 });
    expect(buckets.get(NO_PERSONA)?.counters).toMatchObject({ views: 1 });
  });

  it('shows what was counted at once, before it is written', async () => {
    let nCounted = 0;
    recorder.onCount = () => (nCounted += 1);
    recorder.addEvents(ANN, [event(ANN, 'like')], null);
    recorder.addShown(BOB, null, NOW, LIST);
    expect(recorder.meter.totals).toEqual({ events: 1, thumbs: 1, impressions: 10 });
    expect(recorder.meter.activeUsers).toBe(2);
    expect(nCounted).toBe(2);
    recorder.forget(BOB);
    expect(recorder.meter.activeUsers).toBe(1);
    await recorder.drain();
  });

  it('counts by item what was served and recorded, one click for a list, and what arrives in bulk', async () => {
    recorder.addShown(ANN, 'seeker', NOW, LIST);
    const click = (n: number) => event(ANN, 'click', { id: `click-${n}`, listId: 'l1', at: NOW + n });
    recorder.addEvents(
      ANN,
      [click(1), click(2), event(ANN, 'like'), event(ANN, 'search', { itemId: null })],
      null,
    );
    expect(recorder.waitingOf('i1')).toEqual({ itemId: 'i1', counters: { clicks: 1, likes: 1 }, served: 1 });
    recorder.addHistory([event(BOB, 'purchase'), event(BOB, 'impression', { itemId: 'i2' })], new Map());
    await recorder.drain();
    expect(recorder.waitingOf('i1')).toBeNull();
    const stored = await store.itemFigures.findMany(['i1', 'i2', 'other']);
    expect(stored.map(itemFiguresOf)).toMatchObject([
      { itemId: 'i1', impressions: 1, clicks: 1, likes: 1, purchases: 1, ctr: 1 },
      { itemId: 'i2', impressions: 2, clicks: 0, ctr: 0 },
    ]);
  });

  it('keeps the latest events with their delay until their user is erased', () => {
    recorder.addEvents(ANN, [event(ANN, 'view', { at: NOW - 3_000 })], null);
    recorder.addEvents(BOB, [event(BOB, 'like', { at: NOW - 1_000 })], null);
    const list = (type: BehaviourEvent['type'] | null) =>
      recorder.recent.list({ first: 10, type }).map((row) => row.event.userId);
    expect(list(null)).toEqual([BOB, ANN]);
    expect(list('view')).toEqual([ANN]);
    expect(recorder.recent.medianLagMs()).toBe(3_000);
    recorder.forget(ANN);
    expect(list(null)).toEqual([BOB]);
    expect(recorder.recent.received).toBe(2);
  });

  it('keeps lists that were served apart from what a recount restores', async () => {
    recorder.addShown(ANN, 'seeker', NOW, LIST);
    const { counters, served } = (await hours()).get('seeker')!;
    expect(served).toMatchObject({ impressions: 10 });
    expect(counters['impressions'] ?? 0).toBe(0);
  });

  it('judges a thumb by the persona its user has when it is counted', async () => {
    const asked: (string | null)[] = [];
    for (const userId of [ANN, BOB])
      recorder.addThumb(userId, NOW, (personaId) => {
        asked.push(personaId);
        return { modelVersion: 3, isHit: true, percentile: 0.1 };
      });
    const buckets = await hours();
    expect(asked).toEqual(['seeker', null]);
    expect(buckets.get('seeker')?.served).toMatchObject({ 'hits@3': 1 });
  });

  it('counts under no persona while the personas cannot be read', async () => {
    isFailing = true;
    recorder.addEvents(ANN, [event(ANN, 'view')], null);
    expect([...(await hours()).keys()]).toEqual([NO_PERSONA]);
  });

  it('leaves events of unknown time out of a history in bulk', async () => {
    recorder.addHistory([event(ANN, 'view'), event(ANN, 'view', { at: 5 })], personaIds);
    expect((await hours()).get('seeker')?.counters).toMatchObject({ views: 1 });
  });
});
