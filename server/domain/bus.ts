/** What happened, in the past tense. Events carry ids and a version, never documents: the reader looks the truth up. */

import type { UpdateCause } from './recommendation.js';

export interface EventMap {
  /** A list this user sees may have changed. `receivedAt` is when the cause entered the system, for the latency shown. */
  'recommendations.updated': { userId: string; cause: UpdateCause; receivedAt: number };
  'persona.changed': { userId: string; modelVersion: number };
  /** Items came, went or changed; at most twice a second. */
  'catalogue.changed': { revision: number };
  'model.activated': { version: number };
  'training.progressed': { runId: string };
  'analytics.changed': { at: number };
  'alert.raised': { alertId: string };
  /** A token that held may hold no longer: the demo has ended, or tokens were revoked. */
  'access.changed': Record<string, never>;
  /** Everything about this user was erased. */
  'user.erased': { userId: string };
}

export type EventName = keyof EventMap;

/** One event on its way to a subscriber. */
export type EventEnvelope<N extends EventName = EventName> = {
  [K in N]: { readonly name: K; readonly payload: EventMap[K]; readonly publishedAt: number };
}[N];

export interface SubscribeOptions<N extends EventName> {
  /** Only events for which this is true; all by default. */
  readonly filter?: (event: EventEnvelope<N>) => boolean;
  /** Of waiting events with the same key only the newest is kept. Without it the oldest are dropped past the bound. */
  readonly coalesceBy?: (event: EventEnvelope<N>) => string;
  /** The event after which nothing follows: it is delivered, and the subscription ends. */
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
  /** Calls `listener` at every such event until the returned function is called. No queue, and no part of `size`. */
  listen<N extends EventName>(name: N, listener: (payload: EventMap[N]) => void): () => void;
  /** How many subscriptions are open. */
  readonly size: number;
}
