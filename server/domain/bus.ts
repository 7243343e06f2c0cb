/** Event names and the event bus. Events carry ids and a version, never documents; subscribers query the state. */

import type { UpdateCause } from './recommendation.js';

export interface EventMap {
  /** The user's list may have changed. `receivedAt` is when the cause entered the system, for latency figures. */
  'recommendations.updated': {
    userId: string;
    cause: UpdateCause;
    receivedAt: number;
    /** Trace context of the cause, see `Tracer`; absent without tracing. */
    trace?: string | null;
  };
  'persona.changed': { userId: string; modelVersion: number };
  /** Items were added, removed or changed; at most twice a second. */
  'catalogue.changed': { revision: number };
  'model.activated': { version: number };
  'training.progressed': { runId: string };
  /** May be published more than once for a run. */
  'training.ended': { runId: string };
  'analytics.changed': { at: number };
  'alert.raised': { alertId: string };
  /** Valid tokens may have become invalid: the demo has ended, or tokens were revoked. */
  'access.changed': Record<string, never>;
  /** Everything about this user was erased. */
  'user.erased': { userId: string };
}

export type EventName = keyof EventMap;

/** An event as delivered to a subscriber. */
export type EventEnvelope<N extends EventName = EventName> = {
  [K in N]: { readonly name: K; readonly payload: EventMap[K]; readonly publishedAt: number };
}[N];

export interface SubscribeOptions<N extends EventName> {
  /** Only events for which this is true; all by default. */
  readonly filter?: (event: EventEnvelope<N>) => boolean;
  /** Key of queued events: only the newest per key is kept. Without it the oldest are dropped past the bound. */
  readonly coalesceBy?: (event: EventEnvelope<N>) => string;
  /** True for the final event: it is delivered, then the subscription ends. */
  readonly isLast?: (event: EventEnvelope<N>) => boolean;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

export interface EventPublisher {
  /** Never throws and never waits for a subscriber. */
  publish<N extends EventName>(name: N, payload: EventMap[N]): void;
}

export interface EventBus extends EventPublisher {
  subscribe<N extends EventName>(
    names: readonly N[],
    options?: SubscribeOptions<N>,
  ): AsyncIterableIterator<EventEnvelope<N>>;
  /** Calls `listener` on each such event until the returned function is called. Unqueued, and not counted in `size`. */
  listen<N extends EventName>(name: N, listener: (payload: EventMap[N]) => void): () => void;
  /** Number of open subscriptions. */
  readonly size: number;
}
