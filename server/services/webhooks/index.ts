/** Webhooks and their deliveries. */

export { DeliveryQueue } from './delivery-queue.js';
export { WebhookService } from './webhook.service.js';
