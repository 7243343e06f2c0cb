/**
 * Counts activity for the dashboards: in memory immediately (the live figures), in buckets with a short delay. All of
 * `counters` can be computed from the record; `npm run rebuild` counts it again after a crash that lost the latest
 * counts. A stage never waits for a counter and never fails because of it.
 */

import { LRUCache } from 'lru-cache';

import type { BehaviourEvent, ItemCounts, Logger, MetricBucket } from '../../domain/index.js';
import { NO_PERSONA, addUpItems, isTimeKnown } from '../../domain/index.js';
import type { Catalogue, OpenSession } from '../../features/index.js';
import { ItemTally, MetricTally, isOfOwnList, repeatedClicks } from '../../features/index.js';
import type { Store } from '../../store/index.js';
import { addUp, metricKey } from '../../store/index.js';

import { LiveMeter } from './live-meter.js';
import { RecentEvents } from './recent-events.js';
import type { ActivityMetrics, LivePersonas } from '../users/index.js';
import type { Judgement } from '../models/index.js';
import { WriteBehind } from '../users/index.js';

/** The live figures are in memory; `npm run rebuild` restores bucket counts lost in a crash. */
const FLUSH_DELAY_MS = 1_000;
const REMEMBERED_CLICKS = 50_000;
/** Figures of items are read rarely, so the counts of many lists and events are written together. */
const ITEMS_DELAY_MS = 10_000;
const ITEMS_PER_WRITE = 16;

interface MetricRecorderOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly personas: Pick<LivePersonas, 'idsOf'>;
  readonly clock: () => number;
  readonly log: Logger;
}

/** A count that is added once the persona of its user is known. */
type Count = (tally: MetricTally, persona: string) => void | Promise<void>;

export class MetricRecorder implements ActivityMetrics {
  readonly meter: LiveMeter;
  /** Called after each count. */
  onCount: (() => void) | null = null;
  readonly recent: RecentEvents;
  private readonly history: MetricTally;
  private readonly itemHistory = new ItemTally();
  private readonly itemWrites: WriteBehind<ItemCounts>;
  private waiting: { userId: string | null; count: Count }[] = [];
  private resolving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private readonly clicked = new LRUCache<string, true>({ max: REMEMBERED_CLICKS });
  private readonly writes: WriteBehind<MetricBucket>;

  constructor(private readonly options: MetricRecorderOptions) {
    this.meter = new LiveMeter(options.clock);
    this.recent = new RecentEvents(options.clock);
    this.history = new MetricTally(options.catalogue, options.clock());
    this.writes = new WriteBehind<MetricBucket>({
      name: 'metrics',
      delayMs: 0,
      log: options.log,
      write: (batch) => options.store.metrics.increment([...batch.values()]),
      merge: (older, newer) => addUp([older, newer])[0],
    });
    this.itemWrites = new WriteBehind<ItemCounts>({
      name: 'item figures',
      delayMs: ITEMS_DELAY_MS,
      sliceSize: ITEMS_PER_WRITE,
      log: options.log,
      write: (batch) => options.store.itemFigures.increment([...batch.values()]),
      merge: addUpItems,
    });
  }

  /** Events of a single user that are new in the record, thumbs included; `session` was open before them. */
  addEvents(userId: string, events: readonly BehaviourEvent[], session: OpenSession | null): void {
    const reported = events.filter(({ type }) => type === 'impression');
    const impressions = reported.filter((event) => !isOfOwnList(event)).length;
    const thumbs = events.filter(({ type }) => type === 'like' || type === 'dislike').length;
    this.meter.mark('impressions', userId, impressions);
    this.meter.mark('thumbs', userId, thumbs);
    this.meter.mark('events', userId, events.length - reported.length);
    const repeats = repeatedClicks(events, (key) => {
      const isNew = !this.clicked.has(key);
      this.clicked.set(key, true);
      return isNew;
    });
    this.recent.add(events);
    const items = new ItemTally();
    items.addEvents(events, repeats);
    for (const row of items.take()) this.itemWrites.put(row.itemId, row);
    const inOrder = events.length > 1 ? [...events].sort((a, b) => a.at - b.at) : events;
    this.put(userId, (tally, persona) => tally.addEvents({ persona, events: inOrder, session, repeats }));
  }

  /**
   * Events of many users in bulk, new in the record: added up immediately and written by the next `drain`. Sessions are
   * counted as if no session had been open before them.
   */
  addHistory(events: readonly BehaviourEvent[], personaIds: ReadonlyMap<string, string | null>): void {
    const users = new Map<string, BehaviourEvent[]>();
    for (const event of events) {
      if (!isTimeKnown(event.at)) continue;
      const own = users.get(event.userId);
      if (own === undefined) users.set(event.userId, [event]);
      else own.push(event);
    }
    for (const [userId, own] of users) {
      own.sort((a, b) => a.at - b.at);
      const persona = personaIds.get(userId) ?? NO_PERSONA;
      const repeats = repeatedClicks(own);
      this.history.addEvents({ persona, events: own, session: null, repeats });
      this.itemHistory.addEvents(own, repeats);
    }
  }

  /** A list of these items that is delivered to its user. */
  addShown(userId: string, personaId: string | null, at: number, itemIds: readonly string[]): void {
    const { length } = itemIds;
    this.meter.mark('impressions', userId, length);
    for (const itemId of itemIds) this.itemWrites.put(itemId, { itemId, counters: {}, served: 1 });
    this.put(null, (tally) => tally.addShown(personaId ?? NO_PERSONA, at, length));
  }

  /**
   * A thumb; `judge` is called later with the user's persona, and compares the thumb with the prediction made before
   * it.
   */
  addThumb(userId: string, at: number, judge: (personaId: string | null) => Judgement | null): void {
    this.put(userId, async (tally, persona) => {
      const judgement = judge(persona === NO_PERSONA ? null : persona);
      if (judgement !== null) tally.addJudged(persona, at, judgement);
      // A judgement ranks every item: yield to pending requests.
      await new Promise((resolve) => setImmediate(resolve));
    });
  }

  forget(userId: string): void {
    this.meter.forget(userId);
    this.recent.forget(userId);
  }

  /** The counts of an item that may not be in the database yet. */
  waitingOf(itemId: string): ItemCounts | null {
    return this.itemWrites.get(itemId) ?? null;
  }

  /** Resolves when all counts so far are written. */
  async drain(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.count();
    await this.writes.drain();
    await this.itemWrites.drain();
    const history = addUp(this.history.take());
    if (history.length > 0) await this.options.store.metrics.increment(history);
    const items = this.itemHistory.take();
    if (items.length > 0) await this.options.store.itemFigures.increment(items);
  }

  /** `userId`: the user to look up the persona of; null if the count needs none. */
  private put(userId: string | null, count: Count): void {
    this.waiting.push({ userId, count });
    this.onCount?.();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.count();
    }, FLUSH_DELAY_MS);
  }

  /** Adds up waiting counts and queues them for writing, without overlap, so that `drain` covers all of them. */
  private count(): Promise<void> {
    this.resolving = this.resolving.then(async () => {
      const batch = this.waiting;
      this.waiting = [];
      if (batch.length === 0) return;
      const { personas, catalogue, clock, log } = this.options;
      const userIds = [...new Set(batch.flatMap((entry) => entry.userId ?? []))];
      const personaIds = await personas.idsOf(userIds).catch((error: unknown) => {
        log.warn(
          { err: error },
          'personas of active users could not be read; counting these users without a persona',
        );
        return new Map<string, string>();
      });
      const tally = new MetricTally(catalogue, clock());
      for (const { userId, count } of batch) await count(tally, personaIds.get(userId ?? '') ?? NO_PERSONA);
      for (const bucket of addUp(tally.take())) this.writes.put(metricKey(bucket), bucket);
    });
    return this.resolving;
  }
}
