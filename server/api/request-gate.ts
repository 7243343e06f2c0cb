/**
 * Sheds load before a request is executed: a limited number of requests run concurrently, further requests wait in a
 * queue. A queue that empties soon is a burst and is served first in, first out. A queue that has not been empty for a
 * while is a standing queue, in which every request would wait for the maximum time: it is served last in, first out, so
 * that new requests are still fast, and the oldest are refused. A queue that keeps standing is an overload: requests are
 * then admitted within a moment or not at all, so that those that are admitted are not late. They are refused only after
 * a second: clients that try again at once would otherwise take all the time of the server. After Maurer, "Fail at Scale",
 * ACM Queue 13(8), 2015.
 */

export interface GateLimits {
  /** Concurrent requests; default 32. */
  readonly maxInFlight: number;
  /** Length of the queue; the oldest request is refused when it is full. Default 2,048. */
  readonly maxWaiting: number;
  /** Milliseconds a request may wait; default 2,000. */
  readonly maxWaitMs: number;
  /** Milliseconds after which a queue that has not been empty counts as standing; default 100. */
  readonly burstMs: number;
  /** Milliseconds after which a standing queue counts as an overload; default 1,000. */
  readonly overloadMs: number;
  /** Milliseconds after which a request is not admitted in an overload; default 200. */
  readonly overloadWaitMs: number;
  /** Milliseconds after which it is refused; default 1,000. */
  readonly overloadRefusalMs: number;
}

export const DEFAULT_GATE_LIMITS: GateLimits = {
  maxInFlight: 32,
  maxWaiting: 2_048,
  maxWaitMs: 2_000,
  burstMs: 100,
  overloadMs: 1_000,
  overloadWaitMs: 200,
  overloadRefusalMs: 1_000,
};

const SWEEP_MS = 50;

interface Waiting {
  readonly since: number;
  readonly end: (isAdmitted: boolean) => void;
}

export class RequestGate {
  private nInFlight = 0;
  /** Oldest first. */
  private readonly queue: Waiting[] = [];
  /** When the queue was last empty. */
  private queueSince = 0;
  private sweeping: NodeJS.Timeout | null = null;

  /** `now`: monotonic milliseconds. */
  constructor(
    private readonly limits: GateLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves with true when the request may run; the caller must then call `leave`. False: refuse the request. */
  enter(): true | Promise<boolean> {
    if (this.nInFlight < this.limits.maxInFlight) {
      this.nInFlight += 1;
      return true;
    }
    const since = this.now();
    if (this.queue.length === 0) this.queueSince = since;
    else if (this.queue.length >= this.limits.maxWaiting) this.queue.shift()!.end(false);
    return new Promise((end) => {
      this.queue.push({ since, end });
      this.sweeping ??= setTimeout(() => this.sweep(), SWEEP_MS);
    });
  }

  leave(): void {
    const now = this.now();
    const isStanding = now - this.queueSince > this.limits.burstMs;
    const next = isStanding ? this.queue.at(-1) : this.queue[0];
    if (next === undefined || (this.isOverload(now) && now - next.since > this.limits.overloadWaitMs)) {
      this.nInFlight -= 1;
      return;
    }
    if (isStanding) this.queue.pop();
    else this.queue.shift();
    next.end(true);
  }

  /** Refuses requests that have waited too long. */
  private sweep(): void {
    const { maxWaitMs, overloadRefusalMs } = this.limits;
    const now = this.now();
    const oldest = now - (this.isOverload(now) ? Math.min(overloadRefusalMs, maxWaitMs) : maxWaitMs);
    while (this.queue.length > 0 && this.queue[0].since <= oldest) this.queue.shift()!.end(false);
    this.sweeping = this.queue.length > 0 ? setTimeout(() => this.sweep(), SWEEP_MS) : null;
  }

  private isOverload(now: number): boolean {
    return now - this.queueSince > this.limits.overloadMs;
  }
}
