/** Webhooks, and the queue of deliveries to them. Deliveries are deleted seven days after their cause. */

import { type Connection, Schema } from 'mongoose';

import type { Webhook, WebhookDelivery } from '../../domain/index.js';
import type { WebhookRepository } from '../repositories.js';

const KEPT_SECONDS = 7 * 86_400;

interface WebhookDocument extends Omit<Webhook, 'webhookId'> {
  _id: string;
}

interface DeliveryDocument extends Omit<WebhookDelivery, 'deliveryId' | 'createdAt'> {
  _id: string;
  /** A Date, so that a TTL index can delete the document. */
  createdAt: Date;
}

const webhookSchema = new Schema<WebhookDocument>(
  {
    _id: { type: String, required: true },
    url: { type: String, required: true },
    events: { type: [String], required: true },
    createdAt: { type: Number, required: true },
  },
  { collection: 'webhooks', versionKey: false, autoIndex: false },
);

const deliverySchema = new Schema<DeliveryDocument>(
  {
    _id: { type: String, required: true },
    webhookId: { type: String, required: true },
    event: { type: String, required: true },
    body: { type: String, required: true },
    state: { type: String, required: true },
    createdAt: { type: Date, required: true },
    attempts: { type: Number, required: true },
    nextAttemptAt: { type: Number, default: null },
    lastAttemptAt: { type: Number, default: null },
    status: { type: Number, default: null },
    error: { type: String, default: null },
  },
  { collection: 'webhookDeliveries', versionKey: false, autoIndex: false },
);
deliverySchema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });
deliverySchema.index({ webhookId: 1, createdAt: -1 });
deliverySchema.index({ state: 1, nextAttemptAt: 1 });

export function createWebhookRepository(connection: Connection): WebhookRepository {
  const webhooks = connection.model('Webhook', webhookSchema);
  const deliveries = connection.model('WebhookDelivery', deliverySchema);
  return {
    async append({ webhookId, ...rest }) {
      await webhooks.create({ _id: webhookId, ...rest });
    },
    async find(webhookId) {
      const found = await webhooks.findById(webhookId).lean<WebhookDocument>();
      return found === null ? null : toWebhook(found);
    },
    list: async () =>
      (await webhooks.find().sort({ createdAt: -1, _id: 1 }).lean<WebhookDocument[]>()).map(toWebhook),
    async delete(webhookId) {
      const { deletedCount } = await webhooks.deleteOne({ _id: webhookId });
      await deliveries.deleteMany({ webhookId });
      return deletedCount > 0;
    },
    async queue({ deliveryId, createdAt, ...rest }) {
      await deliveries.updateOne(
        { _id: deliveryId },
        { $setOnInsert: { ...rest, createdAt: new Date(createdAt) } },
        { upsert: true },
      );
    },
    async claim(now, until) {
      const claimed = await deliveries
        .findOneAndUpdate(
          { state: 'pending', nextAttemptAt: { $lte: now } },
          { $set: { nextAttemptAt: until } },
          { returnDocument: 'after' },
        )
        .lean<DeliveryDocument>();
      return claimed === null ? null : toDelivery(claimed);
    },
    async settle({ deliveryId, createdAt: _unchanged, ...rest }) {
      await deliveries.updateOne({ _id: deliveryId }, { $set: rest });
    },
    deliveries: async (webhookId, limit) =>
      (
        await deliveries
          .find({ webhookId })
          .sort({ createdAt: -1, _id: 1 })
          .limit(limit)
          .lean<DeliveryDocument[]>()
      ).map(toDelivery),
  };
}

function toWebhook({ _id, ...rest }: WebhookDocument): Webhook {
  return { webhookId: _id, ...rest };
}

function toDelivery({ _id, createdAt, ...rest }: DeliveryDocument): WebhookDelivery {
  return { deliveryId: _id, ...rest, createdAt: createdAt.getTime() };
}
