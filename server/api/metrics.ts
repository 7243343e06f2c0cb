/** Prometheus metrics. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

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

  return {
    registry,
    recordPush: (latencyMs) => pushes.observe(latencyMs / 1_000),
    recordRequest: (status, seconds) => requests.observe({ status: String(status) }, seconds),
    recordRefusal: (reason) => refusals.inc({ reason }),
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
