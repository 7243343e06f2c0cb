/**
 * The queue of deliveries, kept in the database: it survives restarts, and each attempt is claimed by one instance. A delivery
 * whose instance ends during an attempt is attempted again, so a receiver may get it twice, with the same id.
 */

import type { Logger, Webhook, WebhookDelivery } from '../../domain/index.js';
import { HOUR_MS, MINUTE_MS } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import { signedHeaders } from './signature.js';

/** Waiting times after the first attempts; the attempt after the last one is the last. */
const RETRY_AFTER_MS = [5_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];
/** Longer than an attempt takes. */
const CLAIM_MS = MINUTE_MS;
const SWEEP_EVERY_MS = 5_000;
/** Slow receivers must not delay the others. */
const N_WORKERS = 4;
const MAX_ERROR_CHARACTERS = 200;
/** The receiver wants no further attempts. */
const GONE = 410;

export interface DeliveryQueueOptions {
  readonly store: Pick<Store, 'webhooks'>;
  /** Posts a signed body and resolves with the HTTP status. */
  readonly post: (options: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }) => Promise<number>;
  /** The installation's secret. */
  readonly secret: Uint8Array;
  readonly clock: () => number;
  readonly log: Logger;
}

export class DeliveryQueue {
  private sweeping: NodeJS.Timeout | null = null;
  private draining: Promise<void> | null = null;
  private isAgain = false;
  private isClosed = false;

  constructor(private readonly options: DeliveryQueueOptions) {}

  /** Attempts due deliveries until `close`. */
  start(): void {
    this.sweeping = setInterval(() => this.drain(), SWEEP_EVERY_MS);
    this.sweeping.unref();
    this.drain();
  }

  /** Attempts all due deliveries, in the background. */
  drain(): void {
    if (this.isClosed) return;
    if (this.draining !== null) {
      this.isAgain = true;
      return;
    }
    this.isAgain = false;
    this.draining = Promise.all(Array.from({ length: N_WORKERS }, () => this.work()))
      .then(() => undefined)
      .catch((error: unknown) => {
        this.options.log.warn({ err: error }, 'webhook deliveries could not be read; retrying');
      })
      .finally(() => {
        this.draining = null;
        if (this.isAgain) this.drain();
      });
  }

  /** Makes one attempt and returns the delivery as it then is; does not store it. */
  async attempt(delivery: WebhookDelivery, webhook: Webhook): Promise<WebhookDelivery> {
    const { post, secret, clock } = this.options;
    const { deliveryId: id, body } = delivery;
    const at = clock();
    const attempted = { ...delivery, attempts: delivery.attempts + 1, lastAttemptAt: at };
    try {
      const headers = signedHeaders(secret, webhook.webhookId, { id, at, body });
      const status = await post({ url: webhook.url, headers, body });
      if (status >= 200 && status < 300)
        return { ...attempted, state: 'delivered', nextAttemptAt: null, status, error: null };
      return { ...failedOnce(attempted, status === GONE ? null : clock()), status, error: null };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return {
        ...failedOnce(attempted, clock()),
        ...{ status: null, error: text.slice(0, MAX_ERROR_CHARACTERS) },
      };
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.sweeping !== null) clearInterval(this.sweeping);
    await this.draining;
  }

  private async work(): Promise<void> {
    const { store, clock, log } = this.options;
    while (!this.isClosed) {
      const now = clock();
      const delivery = await store.webhooks.claim(now, now + CLAIM_MS);
      if (delivery === null) return;
      const webhook = await store.webhooks.find(delivery.webhookId);
      // Deleted after it was claimed.
      if (webhook === null) continue;
      const after = await this.attempt(delivery, webhook);
      await store.webhooks.settle(after);
      if (after.state === 'failed')
        log.warn({ webhookId: webhook.webhookId, event: delivery.event }, 'a webhook was not delivered');
    }
  }
}

/** After a failed attempt: pending until the next attempt, or failed after the last and for a null `now`. */
function failedOnce(delivery: WebhookDelivery, now: number | null): WebhookDelivery {
  const wait = RETRY_AFTER_MS[delivery.attempts - 1];
  if (now === null || wait === undefined || delivery.event === 'test')
    return { ...delivery, state: 'failed', nextAttemptAt: null };
  return { ...delivery, state: 'pending', nextAttemptAt: now + wait };
}
