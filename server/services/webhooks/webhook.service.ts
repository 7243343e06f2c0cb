/** Webhooks: queues a signed message for each raised alert, finished training run and activated version. */

import type { EventBus, Webhook, WebhookDelivery, WebhookEvent } from '../../domain/index.js';
import { HOUR_MS, InvalidInputError } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { CreatedWebhook, WebhookPort, WebhookState } from '../index.js';
import { DeliveryQueue, type DeliveryQueueOptions } from './delivery-queue.js';
import { webhookSecret } from './signature.js';

const MAX_WEBHOOKS = 20;
const MAX_URL_CHARACTERS = 2_000;
const SHOWN_DELIVERIES = 10;

export interface WebhookServiceOptions extends DeliveryQueueOptions {
  readonly store: Pick<Store, 'webhooks' | 'alerts' | 'runs' | 'models'>;
  readonly bus: EventBus;
  /** Why a URL may not be used; null if it may. */
  readonly urlProblem: (url: string) => string | null;
  readonly createId: () => string;
}

/** What a message tells: its id distinguishes the cause, on every instance alike. */
interface Message {
  readonly event: WebhookEvent | 'test';
  readonly causeId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class WebhookService implements WebhookPort {
  private readonly queue: DeliveryQueue;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly options: WebhookServiceOptions) {
    this.queue = new DeliveryQueue(options);
  }

  async webhooks(): Promise<WebhookState[]> {
    const { store } = this.options;
    const webhooks = await store.webhooks.list();
    return Promise.all(
      webhooks.map(async (webhook) => ({
        ...webhook,
        deliveries: await store.webhooks.deliveries(webhook.webhookId, SHOWN_DELIVERIES),
      })),
    );
  }

  async create(url: string, events: readonly WebhookEvent[]): Promise<CreatedWebhook> {
    const { store, secret, createId, clock } = this.options;
    const webhook: Webhook = {
      ...{ webhookId: createId(), url: this.checkUrl(url), events: checkEvents(events), createdAt: clock() },
    };
    if ((await store.webhooks.list()).length >= MAX_WEBHOOKS)
      throw new InvalidInputError(`There are ${MAX_WEBHOOKS} webhooks already; delete one first.`);
    await store.webhooks.append(webhook);
    return {
      webhook: { ...webhook, deliveries: [] },
      secret: webhookSecret(secret, webhook.webhookId),
    };
  }

  delete(webhookId: string): Promise<boolean> {
    return this.options.store.webhooks.delete(webhookId);
  }

  async test(webhookId: string): Promise<WebhookDelivery | null> {
    const { store, createId } = this.options;
    const webhook = await store.webhooks.find(webhookId);
    if (webhook === null) return null;
    const message = { event: 'test', causeId: createId(), data: {} } as const;
    const attempted = await this.queue.attempt(this.deliveryOf(webhook, message), webhook);
    await store.webhooks.queue(attempted);
    return attempted;
  }

  /** Queues messages and delivers them until `close`. */
  follow(): void {
    const { bus } = this.options;
    this.endings.push(
      bus.listen('alert.raised', ({ alertId }) => this.send(() => this.alertMessage(alertId))),
      bus.listen('training.ended', ({ runId }) => this.send(() => this.trainingMessage(runId))),
      bus.listen('model.activated', ({ version }) => this.send(() => this.activationMessage(version))),
    );
    this.queue.start();
  }

  async close(): Promise<void> {
    for (const end of this.endings) end();
    await this.queue.close();
  }

  private send(read: () => Promise<Message | null>): void {
    void this.enqueue(read).catch((error: unknown) => {
      this.options.log.error({ err: error }, 'a webhook message could not be queued');
    });
  }

  private async enqueue(read: () => Promise<Message | null>): Promise<void> {
    const { store } = this.options;
    const webhooks = await store.webhooks.list();
    const message = webhooks.length === 0 ? null : await read();
    if (message === null) return;
    for (const webhook of webhooks.filter(({ events }) => events.some((event) => event === message.event)))
      await store.webhooks.queue(this.deliveryOf(webhook, message));
    this.queue.drain();
  }

  private deliveryOf(webhook: Webhook, { event, causeId, data }: Message): WebhookDelivery {
    const at = this.options.clock();
    return {
      deliveryId: `${webhook.webhookId}:${event}:${causeId}`,
      ...{ webhookId: webhook.webhookId, event, state: 'pending', createdAt: at, nextAttemptAt: at },
      body: JSON.stringify({ type: event, timestamp: new Date(at).toISOString(), data }),
      ...{ attempts: 0, lastAttemptAt: null, status: null, error: null },
    };
  }

  private async alertMessage(alertId: string): Promise<Message | null> {
    const alert = await this.options.store.alerts.find(alertId);
    if (alert === null) return null;
    const { kind, severity, message, modelVersion, values, at } = alert;
    const data = { alertId, kind, severity, message, modelVersion, values, at: new Date(at).toISOString() };
    return { event: 'alert.raised', causeId: alertId, data };
  }

  private async trainingMessage(runId: string): Promise<Message | null> {
    const run = await this.options.store.runs.find(runId);
    if (run === null || run.endedAt === null) return null;
    const { job, state, trigger, modelVersion, error } = run;
    const [startedAt, endedAt] = [run.startedAt, run.endedAt].map((at) => new Date(at).toISOString());
    const data = { runId, job, state, trigger, modelVersion, error, startedAt, endedAt };
    return { event: 'training.finished', causeId: runId, data };
  }

  private async activationMessage(version: number): Promise<Message | null> {
    const model = await this.options.store.models.find(version);
    // A start activates the stored version anew; that is no event.
    if (model === null || model.activatedAt === null) return null;
    if (this.options.clock() - model.activatedAt > HOUR_MS) return null;
    const data = { version, activatedAt: new Date(model.activatedAt).toISOString() };
    return { event: 'model.activated', causeId: `${version}-${model.activatedAt}`, data };
  }

  /** Throws InvalidInputError. */
  private checkUrl(url: string): string {
    const trimmed = url.trim();
    const isLong = trimmed.length > MAX_URL_CHARACTERS;
    const problem = isLong
      ? `It is longer than ${MAX_URL_CHARACTERS} characters.`
      : this.options.urlProblem(trimmed);
    if (problem !== null) throw new InvalidInputError(`The URL cannot be used. ${problem}`, 'url');
    return trimmed;
  }
}

/** Throws InvalidInputError for no events. */
function checkEvents(events: readonly WebhookEvent[]): WebhookEvent[] {
  if (events.length > 0) return [...new Set(events)];
  throw new InvalidInputError('Choose at least one event.', 'events');
}
