/**
 * The latest events that this instance has received, in a fixed amount of memory: what is coming in now, how late it
 * arrives, and how much of it is about unknown items. Imported files are not part of it.
 */

import type { BehaviourEvent, ReceivedEvent } from '../../domain/index.js';

const MAX_EVENTS = 1_000;

export class RecentEvents {
  /** Oldest first. */
  private events: ReceivedEvent[] = [];
  /** When this instance began to listen, ms since the epoch. */
  readonly since: number;
  private nReceived = 0;

  constructor(private readonly clock: () => number) {
    this.since = clock();
  }

  get received(): number {
    return this.nReceived;
  }

  add(events: readonly BehaviourEvent[]): void {
    const receivedAt = this.clock();
    this.nReceived += events.length;
    for (const event of events) this.events.push({ event, receivedAt });
    if (this.events.length > 2 * MAX_EVENTS) this.events = this.events.slice(-MAX_EVENTS);
  }

  /** Newest first, at most `first`. */
  list({ first, type }: { first: number; type: BehaviourEvent['type'] | null }): ReceivedEvent[] {
    const found: ReceivedEvent[] = [];
    for (let place = this.events.length - 1; place >= 0 && found.length < first; place--) {
      const received = this.events[place];
      if (type === null || received.event.type === type) found.push(received);
    }
    return found;
  }

  /** Median milliseconds from the time of an event to its arrival; null without events. */
  medianLagMs(): number | null {
    const lags = this.events
      .slice(-MAX_EVENTS)
      .map(({ event, receivedAt }) => Math.max(0, (receivedAt ?? event.at) - event.at));
    if (lags.length === 0) return null;
    return lags.sort((a, b) => a - b)[Math.floor(lags.length / 2)];
  }

  /** Removes an erased user. */
  forget(userId: string): void {
    this.events = this.events.filter(({ event }) => event.userId !== userId);
  }
}
