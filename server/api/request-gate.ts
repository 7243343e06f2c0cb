/**
 * Sheds load before a request is executed: so many requests are worked on at once, and the others wait for their turn. A
 * queue that empties soon is a burst, and goes first in, first out. One that has not been empty for a while is a standing
 * queue, in which everybody would wait as long as anybody may: then the newest goes first and is served as fast as ever,
 * and the oldest are refused. After Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
 */

export interface GateLimits {
  /** Requests worked on at once; default 32. */
  readonly maxInFlight: number;
  /** Requests that may wait; the oldest is refused when one more comes. Default 256. */
  readonly maxWaiting: number;
  /** Milliseconds that a request may wait; default 2,000. */
  readonly maxWaitMs: number;
  /** Milliseconds after which a queue that has not been empty is a standing one; default 100. */
  readonly burstMs: number;
}

export const DEFAULT_GATE_LIMITS: GateLimits = {
  maxInFlight: 32,
  maxWaiting: 256,
  maxWaitMs: 2_000,
  burstMs: 100,
};

const SWEEP_MS = 50;

interface Waiting {
  readonly since: number;
  readonly end: (isAdmitted: boolean) => void;
}

export class RequestGate {
  private nInFlight = 0;
  /** In the order of their coming. */
  private readonly queue: Waiting[] = [];
  /** When the queue began, after it had been empty. */
  private queueSince = 0;
  private sweeping: NodeJS.Timeout | null = null;

  /** `now`: milliseconds that never go back. */
  constructor(
    private readonly limits: GateLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves with true when work may begin; `leave` has to follow. False: the request is to be refused. */
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
    const isStanding = this.now() - this.queueSince > this.limits.burstMs;
    const next = isStanding ? this.queue.pop() : this.queue.shift();
    if (next === undefined) this.nInFlight -= 1;
    else next.end(true);
  }

  /** Refuses those that have waited too long. */
  private sweep(): void {
    const oldest = this.now() - this.limits.maxWaitMs;
    while (this.queue.length > 0 && this.queue[0].since <= oldest) this.queue.shift()!.end(false);
    this.sweeping = this.queue.length > 0 ? setTimeout(() => this.sweep(), SWEEP_MS) : null;
  }
}
