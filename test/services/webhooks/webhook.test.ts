/** Webhooks on a real receiver: signatures, retries, several instances, and what is queued when. */

import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { EventBus, TrainingRun, Webhook, WebhookDelivery } from '../../../server/domain/index.js';
import { createPost, urlProblem } from '../../../server/egress/index.js';
import { createEventBus } from '../../../server/events/index.js';
import { DeliveryQueue, WebhookService } from '../../../server/services/webhooks/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import type { Store } from '../../../server/store/index.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { waitFor } from '../../support/wait-for.js';

const NOON = Date.UTC(2026, 1, 9, 12);
const log = { debug() {}, info() {}, warn() {}, error() {} };

describe('a webhook', () => {
  let now: number;
  let nIds: number;
  let receiver: Receiver;
  let kept: Store;
  let services: WebhookService[];

  const instance = () => {
    const bus = createEventBus();
    const service = new WebhookService({
      ...{ store: kept, bus, log, clock: () => now, secret: new Uint8Array(32).fill(7) },
      createId: () => `id-${(nIds += 1)}`,
      post: createPost(true),
      urlProblem: (url) => urlProblem(url, true),
    });
    service.follow();
    services.push(service);
    return { bus, service };
  };
  beforeEach(async () => {
    [now, nIds, services, kept] = [NOON, 0, [], createMemoryStore()];
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.close()));
    await receiver.close();
  });

  const raise = async (alertId: string, buses: readonly EventBus[]) => {
    const subject = {
      alertId,
      kind: 'drift',
      severity: 'warning',
      message: 'Behaviour has changed.',
    } as const;
    const rest = {
      at: now,
      modelVersion: 3,
      values: { psi: 0.4 },
      acknowledgedAt: null,
      acknowledgedBy: null,
    };
    await kept.alerts.raise({ ...subject, ...rest });
    for (const bus of buses) bus.publish('alert.raised', { alertId });
  };
  const deliveriesOf = async (webhookId: string) => kept.webhooks.deliveries(webhookId, 10);

  it('receives an alert once from several instances, signed as Standard Webhooks prescribes', async () => {
    const [one, other] = [instance(), instance()];
    const { secret, webhook } = await one.service.create(receiver.url, ['alert.raised']);
    await raise('drift-3', [one.bus, other.bus]);
    await waitFor(
      async () => (await deliveriesOf(webhook.webhookId))[0]?.state === 'delivered',
      'the attempt',
    );
    expect(receiver.received).toHaveLength(1);
    const { headers, body } = receiver.received[0]!;
    expect(JSON.parse(body)).toEqual({
      type: 'alert.raised',
      timestamp: '2026-02-09T12:00:00.000Z',
      data: {
        ...{ alertId: 'drift-3', kind: 'drift', severity: 'warning', message: 'Behaviour has changed.' },
        ...{ modelVersion: 3, values: { psi: 0.4 }, at: '2026-02-09T12:00:00.000Z' },
      },
    });
    expect(headers['webhook-timestamp']).toBe(String(NOON / 1_000));
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    expect(JSON.stringify(await one.service.webhooks())).not.toContain(secret);
  });

  it('is tried again, with the same id, until it is delivered', async () => {
    const { bus, service } = instance();
    const { webhook } = await service.create(receiver.url, ['alert.raised']);
    receiver.status = 503;
    await raise('drift-4', [bus]);
    const [waiting] = await waitFor(async () => {
      const rows = await deliveriesOf(webhook.webhookId);
      return rows[0]?.attempts === 1 && rows;
    }, 'first attempt');
    expect(waiting).toMatchObject({ state: 'pending', status: 503, nextAttemptAt: NOON + 5_000 });
    receiver.status = 204;
    now += 4_999;
    await raise('drift-5', [bus]);
    await waitFor(() => receiver.received.length === 2, 'the other alert');
    now += 1;
    await raise('drift-6', [bus]);
    await waitFor(() => receiver.received.length === 4, 'second attempt');
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.filter((id) => id === ids[0])).toHaveLength(2);
    await waitFor(
      async () => (await deliveriesOf(webhook.webhookId)).every(({ state }) => state === 'delivered'),
      'all delivered',
    );
  });

  it('is given up after seven attempts with growing waits', async () => {
    const queue = new DeliveryQueue({
      ...{ store: kept, log, clock: () => now, secret: new Uint8Array(32), post: async () => 500 },
    });
    const webhook: Webhook = { webhookId: 'a', url: receiver.url, events: ['alert.raised'], createdAt: NOON };
    let delivery: WebhookDelivery = {
      ...{ deliveryId: 'd', webhookId: 'a', event: 'alert.raised', body: '{}', state: 'pending' },
      ...{
        createdAt: NOON,
        attempts: 0,
        nextAttemptAt: NOON,
        lastAttemptAt: null,
        status: null,
        error: null,
      },
    };
    const waits: (number | null)[] = [];
    while (delivery.state === 'pending') {
      delivery = await queue.attempt(delivery, webhook);
      waits.push(delivery.nextAttemptAt === null ? null : delivery.nextAttemptAt - now);
    }
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, null]);
    expect(delivery).toMatchObject({ state: 'failed', attempts: 7, status: 500 });
  });

  it('is not tried again once the receiver is gone', async () => {
    const { bus, service } = instance();
    const { webhook } = await service.create(receiver.url, ['alert.raised']);
    receiver.status = 410;
    await raise('drift-5', [bus]);
    await waitFor(async () => (await deliveriesOf(webhook.webhookId))[0]?.state === 'failed', 'the attempt');
    expect(receiver.received).toHaveLength(1);
  });

  it('receives its own events only, and none of an activation before the start', async () => {
    const { bus, service } = instance();
    const { webhook } = await service.create(receiver.url, ['training.finished', 'model.activated']);
    await raise('drift-6', [bus]);
    const run = {
      ...{
        runId: 'run-1',
        job: 'retrain',
        state: 'succeeded',
        stage: 'publish' as TrainingRun['stage'],
        progress: 1,
      },
      ...{ remainingMs: null, startedAt: NOON - 60_000, endedAt: NOON, error: null, host: 'a' },
      ...{ modelVersion: 4, trigger: 'admin' },
    } as const satisfies TrainingRun;
    await kept.runs.replace(run);
    bus.publish('training.ended', { runId: 'run-1' });
    bus.publish('training.ended', { runId: 'run-1' });
    bus.publish('model.activated', { version: 99 });
    await waitFor(
      async () => (await deliveriesOf(webhook.webhookId))[0]?.state === 'delivered',
      'the attempt',
    );
    expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { type: 'training.finished', data: { runId: 'run-1', state: 'succeeded', modelVersion: 4 } },
    ]);
  });

  it('is tested at once, without a retry', async () => {
    const { service } = instance();
    const { webhook } = await service.create(receiver.url, ['alert.raised']);
    expect(await service.test(webhook.webhookId)).toMatchObject({ state: 'delivered', status: 204 });
    receiver.status = 500;
    expect(await service.test(webhook.webhookId)).toMatchObject({
      ...{ event: 'test', state: 'failed', status: 500, attempts: 1, nextAttemptAt: null },
    });
    expect(await deliveriesOf(webhook.webhookId)).toHaveLength(2);
    expect(await service.test('unknown')).toBeNull();
  });

  it('is deleted with what waits for it', async () => {
    const { bus, service } = instance();
    const { webhook } = await service.create(receiver.url, ['alert.raised']);
    receiver.status = 503;
    await raise('drift-7', [bus]);
    await waitFor(async () => (await deliveriesOf(webhook.webhookId))[0]?.attempts === 1, 'the attempt');
    expect(await service.delete(webhook.webhookId)).toBe(true);
    expect(await service.delete(webhook.webhookId)).toBe(false);
    expect(await deliveriesOf(webhook.webhookId)).toEqual([]);
    await expect(service.create('ftp://x.example', ['alert.raised'])).rejects.toThrow('cannot be used');
    await expect(service.create(receiver.url, [])).rejects.toThrow('at least one event');
  });
});
