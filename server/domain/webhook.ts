/** Webhooks: addresses to which events are posted, and the deliveries to them. */

export const WEBHOOK_EVENTS = ['alert.raised', 'training.finished', 'model.activated'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Instants are milliseconds since the epoch. */
export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly createdAt: number;
}

export interface WebhookDelivery {
  /** Derived from webhook and cause, so that several instances queue a delivery once. */
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly event: WebhookEvent | 'test';
  /** The JSON text that is posted. */
  readonly body: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly createdAt: number;
  /** Attempts so far. */
  readonly attempts: number;
  /** Earliest next attempt; null unless pending. */
  readonly nextAttemptAt: number | null;
  readonly lastAttemptAt: number | null;
  /** The HTTP status of the last attempt; null without an answer. */
  readonly status: number | null;
  /** Why the last attempt failed; null otherwise. */
  readonly error: string | null;
}
