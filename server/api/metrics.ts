/** Prometheus metrics. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import { RUN_STATES } from '../domain/index.js';
import type { TrainingSummary } from '../services/index.js';

/** A scrape waits this long for the database, then reports the previous values. */
const TRAINING_WAIT_MS = 1_000;

export interface ApiMetrics {
  readonly registry: Registry;
  /** Milliseconds from the cause to the push. */
  recordPush(latencyMs: number): void;
  recordRequest(status: number, seconds: number): void;
  recordRefusal(reason: string): void;
}

interface MetricSources {
  readonly nSockets: () => number;
  readonly nSubscriptions: () => number;
  /** Totals of user behaviour; null while differential privacy withholds them. */
  readonly behaviour: () => {
    events: number;
    thumbs: number;
    impressions: number;
    activeUsers: number;
  } | null;
  /** Null before the first training. */
  readonly modelVersion: () => number | null;
  /** Reads the database. */
  readonly training: () => Promise<TrainingSummary>;
}

/** Reads `sources` on each scrape. */
export function createMetrics(sources: MetricSources): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'smartpersona_graphql_request_seconds',
    help: 'Time to answer a GraphQL request over HTTP.',
    labelNames: ['status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const pushes = new Histogram({
    name: 'smartpersona_push_latency_seconds',
    help: 'Time from the arrival of a cause, such as a thumb, to the push of the list.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const refusals = new Counter({
    name: 'smartpersona_refused_total',
    help: 'Requests and sockets refused by a limit.',
    labelNames: ['reason'],
    registers,
  });
  gauge('smartpersona_websockets', 'Open WebSockets.', sources.nSockets, registers);
  gauge('smartpersona_subscriptions', 'Open subscriptions to events.', sources.nSubscriptions, registers);
  gauge(
    'smartpersona_model_version',
    'The active model version; 0 for none.',
    () => sources.modelVersion() ?? 0,
    registers,
  );
  gauge(
    'smartpersona_active_users',
    'Users active in the last five minutes.',
    () => sources.behaviour()?.activeUsers ?? NaN,
    registers,
  );
  total(
    'smartpersona_events_total',
    'Events recorded, without impressions.',
    () => sources.behaviour()?.events,
    registers,
  );
  total('smartpersona_thumbs_total', 'Thumbs up and down.', () => sources.behaviour()?.thumbs, registers);
  total(
    'smartpersona_impressions_total',
    'Items shown in lists.',
    () => sources.behaviour()?.impressions,
    registers,
  );
  trainingGauges(sources.training, registers);

  return {
    registry,
    recordPush: (latencyMs) => pushes.observe(latencyMs / 1_000),
    recordRequest: (status, seconds) => requests.observe({ status: String(status) }, seconds),
    recordRefusal: (reason) => refusals.inc({ reason }),
  };
}

function trainingGauges(read: () => Promise<TrainingSummary>, registers: Registry[]): void {
  const summary = sharedRead(read);
  const one = (name: string, help: string, value: (summary: TrainingSummary) => number | null) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const found = await summary();
        this.set((found === null ? null : value(found)) ?? NaN);
      },
    });
  one(
    'smartpersona_training_last_success_timestamp_seconds',
    'End of the latest successful training run, seconds since the epoch.',
    ({ succeededAt }) => (succeededAt === null ? null : succeededAt / 1_000),
  );
  one(
    'smartpersona_training_last_duration_seconds',
    'Duration of the latest successful training run.',
    ({ durationMs }) => (durationMs === null ? null : durationMs / 1_000),
  );
  one('smartpersona_models_held', 'Stored versions that the promotion gate held back.', ({ nHeld }) => nHeld);
  new Gauge({
    name: 'smartpersona_training_state',
    help: '1 for the state of the latest training run, 0 for the others.',
    labelNames: ['state'],
    registers,
    async collect() {
      const latest = (await summary())?.latestState ?? null;
      for (const state of RUN_STATES) this.set({ state }, state === latest ? 1 : 0);
    },
  });
}

/** Concurrent calls share a read. Resolves with the previous result if a read fails or takes too long. */
function sharedRead<T>(read: () => Promise<T>): () => Promise<T | null> {
  let last: T | null = null;
  let reading: Promise<void> | null = null;
  return async () => {
    reading ??= read()
      .then(
        (value) => void (last = value),
        () => undefined,
      )
      .finally(() => (reading = null));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, TRAINING_WAIT_MS);
    });
    await Promise.race([reading, late]);
    clearTimeout(timer);
    return last;
  };
}

function gauge(name: string, help: string, read: () => number, registers: Registry[]): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

/** A total counted elsewhere; without a sample while its source returns undefined. */
function total(name: string, help: string, read: () => number | undefined, registers: Registry[]): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      const value = read();
      if (value !== undefined) this.inc(value);
    },
  });
}
