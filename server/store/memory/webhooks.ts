/** Webhooks and their deliveries in memory. */

import type { Webhook, WebhookDelivery } from '../../domain/index.js';
import type { WebhookRepository } from '../repositories.js';

import { Table } from './table.js';

export function createWebhooks(): WebhookRepository {
  const webhooks = new Table<Webhook>();
  const deliveries = new Table<WebhookDelivery>();
  const newestFirst = <T extends { readonly createdAt: number }>(rows: T[]) =>
    rows.sort((left, right) => right.createdAt - left.createdAt);
  return {
    async append(webhook) {
      webhooks.set(webhook.webhookId, webhook);
    },
    find: async (webhookId) => webhooks.get(webhookId),
    list: async () => newestFirst(webhooks.all()),
    async delete(webhookId) {
      deliveries.deleteWhere((delivery) => delivery.webhookId === webhookId);
      return webhooks.delete(webhookId);
    },
    async queue(delivery) {
      if (!deliveries.has(delivery.deliveryId)) deliveries.set(delivery.deliveryId, delivery);
    },
    async claim(now, until) {
      const due = deliveries
        .all()
        .find(({ nextAttemptAt }) => nextAttemptAt !== null && nextAttemptAt <= now);
      if (due === undefined) return null;
      const claimed = { ...due, nextAttemptAt: until };
      deliveries.set(due.deliveryId, claimed);
      return claimed;
    },
    async settle(delivery) {
      if (deliveries.has(delivery.deliveryId)) deliveries.set(delivery.deliveryId, delivery);
    },
    deliveries: async (webhookId, limit) =>
      newestFirst(deliveries.all().filter((delivery) => delivery.webhookId === webhookId)).slice(0, limit),
  };
}
