/**
 * Stage 8 queries: the report for a time span from the buckets, and the live figures of all instances combined. Each
 * instance stores a heartbeat with its figures every two seconds; heartbeats older than ten seconds are ignored.
 */

import { LRUCache } from 'lru-cache';

import type {
  AnalyticsMark,
  AnalyticsReport,
  AnalyticsTotals,
  ClusterMap,
  EventBus,
  ItemFigures,
  LiveRates,
  Logger,
  MetricBucket,
  MetricGrain,
  ReceivedEvent,
} from '../../domain/index.js';
import {
  GRAIN_MS,
  InvalidInputError,
  KEPT_MS,
  NO_PERSONA,
  RETRAIN_JOB,
  WithheldError,
  addUpItems,
  itemFiguresOf,
} from '../../domain/index.js';
import type { LiveBeat, Store } from '../../store/index.js';

import type { Span } from './analytics-report.js';
import { buildReport, clickRate, sumCounts, suppressSmall } from './analytics-report.js';
import { countDistinct } from './distinct-users.js';
import { latencyAt, sumOf } from './live-meter.js';
import { marksIn } from './marks.js';
import type { MetricRecorder } from './metric-recorder.js';
import type { ModelRegistry } from '../models/index.js';
import { sampleMap } from '../models/index.js';
import type { PrivateMetrics, PublicGrain } from './private-metrics.js';
import type { AnalyticsPort, Ingestion } from '../index.js';

const MAX_POINTS = 1_000;
/** With its pseudonym a point takes about 43 bytes of a compressed answer. */
const MAX_MAP_POINTS = 3_000;
const DEFAULT_SPAN_MS = 7 * GRAIN_MS.day;
const BEAT_MS = 2_000;
const SILENT_MS = 10_000;
/** Minimum interval of live updates, and the interval without activity, so that rates fall back to zero. */
const TELL_MS = 250;
const IDLE_TELL_MS = 1_000;
/** Cache lifetime of the data read for the live figures. */
const FRESH_MS = 1_000;
/** Spans whose buckets are cached: a dashboard asks for parts of a span in separate requests. */
const CACHED_SPANS = 16;
/** Runs, versions and imports that are looked through for marks. */
const LOOKED_THROUGH = 100;

/** Smallest count shown under differential privacy. */
const SUPPRESSED_BELOW = 10;

const NO_PRIVACY: AnalyticsReport['privacy'] = {
  isEnabled: false,
  epsilonPerDay: null,
  epsilonUsed: 0,
  noiseStdDev: null,
  suppressedBelow: null,
  suppressedCells: 0,
};

interface AnalyticsServiceOptions {
  readonly store: Store;
  readonly metrics: MetricRecorder;
  readonly registry: ModelRegistry;
  /** Null: figures are reported without noise. */
  readonly privacy: PrivateMetrics | null;
  readonly bus: EventBus;
  readonly instanceId: string;
  readonly clock: () => number;
  readonly log: Logger;
}

export class AnalyticsService implements AnalyticsPort {
  private readonly timers: NodeJS.Timeout[] = [];
  private told = 0;
  private informative: NodeJS.Timeout | null = null;
  private readonly buckets = new LRUCache<string, Promise<MetricBucket[]>>({
    max: CACHED_SPANS,
    ttl: FRESH_MS,
  });
  private readonly read: () => Promise<{ others: LiveBeat[]; ctr: number | null }>;

  constructor(private readonly options: AnalyticsServiceOptions) {
    this.read = remembered(FRESH_MS, options.clock, () => this.readShared());
  }

  async report(range: Parameters<AnalyticsPort['report']>[0]): Promise<AnalyticsReport> {
    const { privacy, clock } = this.options;
    const span = spanOf(range, clock(), privacy !== null);
    const report = await this.reportOn(span);
    if (privacy === null) return { ...report, privacy: NO_PRIVACY };
    const { suppressedCells, ...shown } = report;
    return {
      ...shown,
      privacy: {
        isEnabled: true,
        epsilonPerDay: privacy.epsilonPerDay,
        epsilonUsed: await privacy.epsilonUsed(span),
        noiseStdDev: await privacy.noiseStdDev(span.grain as PublicGrain),
        suppressedBelow: SUPPRESSED_BELOW,
        suppressedCells,
      },
    };
  }

  async previousTotals({ from, to, grain }: Span): Promise<AnalyticsTotals | null> {
    const span = { from: from - (to - from), to: from, grain };
    if (span.from < this.options.clock() - KEPT_MS[grain]) return null;
    return (await this.reportOn(span)).totals;
  }

  async marks(span: Pick<Span, 'from' | 'to'>): Promise<AnalyticsMark[]> {
    const { store } = this.options;
    const [runs, models, imports] = await Promise.all([
      store.runs.list(RETRAIN_JOB, LOOKED_THROUGH),
      store.models.list(LOOKED_THROUGH),
      store.imports.list(LOOKED_THROUGH),
    ]);
    return marksIn(span, { runs, models, imports });
  }

  /** Under differential privacy, small cells are suppressed. */
  private async reportOn(span: Span) {
    const { registry, privacy } = this.options;
    const personaIds = [...(registry.find()?.personaIds ?? []), NO_PERSONA];
    const report = buildReport(span, await this.bucketsOf(span), personaIds);
    return privacy === null ? { ...report, suppressedCells: 0 } : suppressSmall(report, SUPPRESSED_BELOW);
  }

  private bucketsOf(span: Span): Promise<MetricBucket[]> {
    const { store, privacy } = this.options;
    const key = JSON.stringify(span);
    const known = this.buckets.get(key);
    if (known !== undefined) return known;
    const found =
      privacy === null ? store.metrics.find(span) : privacy.find(span as Span & { grain: PublicGrain });
    this.buckets.set(key, found);
    found.catch(() => this.buckets.delete(key));
    return found;
  }

  async itemFigures(itemIds: readonly string[]): Promise<ItemFigures[] | null> {
    const { store, metrics, privacy } = this.options;
    if (privacy !== null) return null;
    const stored = new Map((await store.itemFigures.findMany(itemIds)).map((row) => [row.itemId, row]));
    return itemIds.map((itemId) => {
      const known = stored.get(itemId) ?? { itemId, counters: {}, served: 0 };
      const waiting = metrics.waitingOf(itemId);
      return itemFiguresOf(waiting === null ? known : addUpItems(known, waiting));
    });
  }

  async events({ userId, type, first }: Parameters<AnalyticsPort['events']>[0]): Promise<ReceivedEvent[]> {
    const { store, metrics, privacy } = this.options;
    if (privacy !== null) throw new WithheldError('Differential privacy is on: single events are not shown.');
    if (userId === null) return metrics.recent.list({ first, type });
    const events = await store.activity.findByUser(userId);
    return events
      .filter((event) => type === null || event.type === type)
      .slice(-first)
      .reverse()
      .map((event) => ({ event, receivedAt: null }));
  }

  async ingestion(): Promise<Ingestion> {
    const { store, metrics, privacy } = this.options;
    const { recent } = metrics;
    const isWithheld = privacy !== null;
    const { unknownItemEvents } = await store.dataset.get();
    return {
      since: recent.since,
      received: isWithheld ? null : recent.received,
      medianLagMs: isWithheld ? null : recent.medianLagMs(),
      ...{ unknownItemEvents, isWithheld },
    };
  }

  async live(): Promise<LiveRates> {
    const { metrics, registry, privacy, bus, clock } = this.options;
    const { others, ctr } = await this.read();
    const { meter } = metrics;
    const all = [{ ...meter.pace(), openSubscriptions: bus.size }, ...others];
    const sum = (of: (pace: (typeof all)[number]) => number) =>
      all.reduce((total, pace) => total + of(pace), 0);
    const latencies = sumOf(all.map((pace) => pace.pushLatencies));
    const model = registry.find();
    const isPrivate = privacy !== null;
    const active = () =>
      others.length === 0
        ? meter.activeUsers
        : countDistinct([meter.activeSketch(), ...others.map((beat) => beat.activeSketch)]);
    return {
      at: clock(),
      activeUsers: isPrivate ? null : active(),
      thumbsPerSecond: isPrivate ? null : sum((pace) => pace.thumbsPerSecond),
      eventsPerSecond: isPrivate ? null : sum((pace) => pace.eventsPerSecond),
      impressionsPerSecond: isPrivate ? null : sum((pace) => pace.impressionsPerSecond),
      ctr: isPrivate ? null : ctr,
      pushLatencyP50Ms: latencyAt(latencies, 0.5),
      pushLatencyP99Ms: latencyAt(latencies, 0.99),
      errorRate: errorRateOf(
        sum((pace) => pace.requests),
        sum((pace) => pace.faults),
      ),
      openSubscriptions: sum((pace) => pace.openSubscriptions),
      modelVersion: model?.version ?? null,
      modelActivatedAt: model?.meta.activatedAt ?? null,
    };
  }

  clusterMap(): ClusterMap | null {
    const { registry, privacy } = this.options;
    const map = privacy === null ? (registry.find()?.map ?? null) : null;
    return map === null ? null : sampleMap(map, MAX_MAP_POINTS);
  }

  totals(): ReturnType<AnalyticsPort['totals']> {
    const { metrics, privacy } = this.options;
    if (privacy !== null) return null;
    return { ...metrics.meter.totals, activeUsers: metrics.meter.activeUsers };
  }

  recordPush(latencyMs: number): void {
    this.options.metrics.meter.markPush(latencyMs);
    this.tell();
  }

  recordRequest(): void {
    this.options.metrics.meter.markRequest();
  }

  recordFault(): void {
    this.options.metrics.meter.markFault();
  }

  /** Updates the live figures on this and the other instances until `close`. */
  follow(): void {
    const { metrics, bus, log } = this.options;
    metrics.onCount = () => this.tell();
    this.timers.push(
      setInterval(() => bus.size > 0 && this.tell(), IDLE_TELL_MS),
      setInterval(() => {
        this.beat().catch((error: unknown) =>
          log.debug({ err: error }, 'live figures could not be published'),
        );
      }, BEAT_MS),
    );
    for (const timer of this.timers) timer.unref();
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    if (this.informative !== null) clearTimeout(this.informative);
    this.options.metrics.onCount = null;
  }

  /** Publishes `analytics.changed`, at most every TELL_MS. */
  private tell(): void {
    if (this.informative !== null || this.options.bus.size === 0) return;
    const waitMs = Math.max(0, this.told + TELL_MS - this.options.clock());
    this.informative = setTimeout(() => {
      this.informative = null;
      this.told = this.options.clock();
      this.options.bus.publish('analytics.changed', { at: this.told });
    }, waitMs);
    this.informative.unref();
  }

  private async beat(): Promise<void> {
    const { store, metrics, bus, instanceId, clock } = this.options;
    const at = clock();
    const activeSketch = metrics.meter.activeSketch();
    const pace = { ...metrics.meter.pace(), activeSketch, openSubscriptions: bus.size };
    await store.metrics.beat({ instanceId, at, ...pace });
    await store.metrics.pruneBeats(at - GRAIN_MS.hour);
  }

  private async readShared(): Promise<{ others: LiveBeat[]; ctr: number | null }> {
    const { store, instanceId, clock } = this.options;
    const now = clock();
    const from = now - (now % GRAIN_MS.minute) - GRAIN_MS.hour;
    const [beats, buckets] = await Promise.all([
      store.metrics.beats(now - SILENT_MS),
      store.metrics.find({ grain: 'minute', from, to: now }),
    ]);
    const counts = sumCounts(buckets.flatMap(({ counters, served = {} }) => [counters, served]) as never);
    return { others: beats.filter((beat) => beat.instanceId !== instanceId), ctr: clickRate(counts) };
  }
}

function errorRateOf(requests: number, faults: number): number | null {
  if (requests === 0 && faults === 0) return null;
  // A subscription may fail without a request.
  return Math.min(1, faults / Math.max(1, requests));
}

/** Rounds a range outwards to whole points. */
function spanOf(range: Parameters<AnalyticsPort['report']>[0], now: number, isPrivate: boolean): Span {
  const to = range.to ?? now;
  const from = range.from ?? to - DEFAULT_SPAN_MS;
  if (!(from < to)) throw new InvalidInputError('"from" must be before "to".', 'range');
  if (isPrivate && range.grain === 'minute') {
    throw new InvalidInputError(
      'Minutes are not available under differential privacy; use hours or days.',
      'range',
    );
  }
  const grain = range.grain ?? grainFor(to - from, isPrivate);
  const width = GRAIN_MS[grain];
  const span = { grain, from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width };
  const points = (span.to - span.from) / width;
  if (points > MAX_POINTS) {
    const advice = `${points} points of a ${grain}; the maximum is ${MAX_POINTS}. Use a shorter range or a wider grain.`;
    throw new InvalidInputError(`The range has ${advice}`, 'range');
  }
  if (span.from < now - KEPT_MS[grain]) {
    const days = KEPT_MS[grain] / GRAIN_MS.day;
    throw new InvalidInputError(
      `Points of a ${grain} are kept for ${days} days; use a wider grain.`,
      'range',
    );
  }
  return span;
}

function grainFor(spanMs: number, isPrivate: boolean): MetricGrain {
  if (spanMs <= 3 * GRAIN_MS.hour && !isPrivate) return 'minute';
  return spanMs <= 14 * GRAIN_MS.day ? 'hour' : 'day';
}

/** Caches a read for `freshMs`; concurrent calls share it. */
function remembered<T>(freshMs: number, clock: () => number, read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | null = null;
  let readAt = 0;
  return () => {
    if (value === null || clock() - readAt >= freshMs) {
      readAt = clock();
      value = read();
      value.catch(() => (value = null));
    }
    return value;
  };
}
