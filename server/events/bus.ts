/**
 * Stage 7: the in-process event bus. Every subscriber has its own bounded queue, so a stalled subscriber costs a fixed
 * amount of memory and does not delay the publisher or other subscribers. Of events with the same key only the newest
 * is kept, and past the bound the oldest is dropped. Dropping is safe because events are hints: readers query the
 * current state.
 */

import type { EventBus, EventEnvelope, EventMap, EventName, SubscribeOptions } from '../domain/index.js';

interface EventBusOptions {
  /** Waiting events per subscriber; at least 1, default 256. */
  readonly maxPending?: number;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number;
}

/** Makes a bus. Subscriptions end by `return()`, by leaving a `for await` loop, or by their signal. */
export function createEventBus(options: EventBusOptions = {}): EventBus {
  const { maxPending = 256, now = Date.now } = options;
  const subscribersByName = new Map<EventName, Set<Subscriber>>();
  const listenersByName = new Map<EventName, Set<(payload: never) => void>>();
  let size = 0;

  return {
    get size() {
      return size;
    },

    publish<N extends EventName>(name: N, payload: EventMap[N]): void {
      for (const listener of listenersByName.get(name) ?? []) listener(payload as never);
      const subscribers = subscribersByName.get(name);
      if (subscribers === undefined || subscribers.size === 0) return;
      const event = { name, payload, publishedAt: now() } as EventEnvelope;
      for (const subscriber of subscribers) subscriber.offer(event);
    },

    listen<N extends EventName>(name: N, listener: (payload: EventMap[N]) => void): () => void {
      const listeners = listenersByName.get(name) ?? new Set();
      listenersByName.set(name, listeners.add(listener));
      return () => void listeners.delete(listener);
    },

    subscribe<N extends EventName>(
      names: readonly N[],
      subscribeOptions: SubscribeOptions<N> = {},
    ): AsyncIterableIterator<EventEnvelope<N>> {
      const subscriber = new Subscriber(subscribeOptions as SubscribeOptions<EventName>, maxPending, () => {
        for (const name of names) subscribersByName.get(name)?.delete(subscriber);
        size -= 1;
      });
      size += 1;
      for (const name of names) {
        const subscribers = subscribersByName.get(name) ?? new Set();
        subscribersByName.set(name, subscribers.add(subscriber));
      }
      subscriber.endWith(subscribeOptions.signal);
      return subscriber as AsyncIterableIterator<EventEnvelope<N>>;
    },
  };
}

type Result = IteratorResult<EventEnvelope, undefined>;

interface Waiter {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const DONE: Result = { done: true, value: undefined };

class Subscriber implements AsyncIterableIterator<EventEnvelope> {
  /** In order of arrival; a Map keeps insertion order and finds a key in constant time. */
  private readonly pending = new Map<string, EventEnvelope>();
  private readonly waiters: Waiter[] = [];
  private serial = 0;
  private isOpen = true;
  private failure: { readonly error: unknown } | null = null;
  private signal: AbortSignal | undefined;

  constructor(
    private readonly options: SubscribeOptions<EventName>,
    private readonly maxPending: number,
    private readonly onEnd: () => void,
  ) {}

  endWith(signal: AbortSignal | undefined): void {
    this.signal = signal;
    if (signal?.aborted === true) this.end();
    else signal?.addEventListener('abort', this.end, { once: true });
  }

  offer(event: EventEnvelope): void {
    try {
      if (!this.isOpen || this.options.filter?.(event) === false) return;
      if (this.options.isLast?.(event) === true) {
        this.finish(event);
        return;
      }
      const waiter = this.waiters.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: event });
        return;
      }
      const key = this.options.coalesceBy?.(event) ?? `#${(this.serial += 1)}`;
      // Delete first, so that the newest value also moves to the end of the queue.
      this.pending.delete(key);
      this.pending.set(key, event);
      if (this.pending.size > this.maxPending)
        this.pending.delete(this.pending.keys().next().value as string);
    } catch (error) {
      // A filter that throws ends only its own subscription; the publisher and other subscribers are unaffected.
      this.failure = { error };
      this.end();
    }
  }

  next(): Promise<Result> {
    const first = this.pending.entries().next();
    if (first.done !== true) {
      const [key, event] = first.value;
      this.pending.delete(key);
      return Promise.resolve({ done: false, value: event });
    }
    if (this.failure !== null) {
      const { error } = this.failure;
      this.failure = null;
      return Promise.reject(error);
    }
    if (!this.isOpen) return Promise.resolve(DONE);
    return new Promise<Result>((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  return(): Promise<Result> {
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Delivers a final event in place of all pending events. */
  private finish(event: EventEnvelope): void {
    const waiter = this.waiters.shift();
    waiter?.resolve({ done: false, value: event });
    this.end();
    if (waiter === undefined) this.pending.set('last', event);
  }

  private readonly end = (): void => {
    this.pending.clear();
    if (!this.isOpen) return;
    this.isOpen = false;
    this.signal?.removeEventListener('abort', this.end);
    this.onEnd();
    for (const waiter of this.waiters.splice(0)) {
      if (this.failure === null) waiter.resolve(DONE);
      else waiter.reject(this.failure.error);
    }
  };
}
