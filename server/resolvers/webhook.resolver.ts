/** Webhooks, for admins: create, list, test and delete them. */

import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';

import {
  CreatedWebhookType,
  WebhookDeliveryType,
  WebhookEventEnum,
  WebhookType,
} from '../../schema/index.js';
import type { Viewer, WebhookDelivery, WebhookEvent } from '../domain/index.js';
import { InvalidInputError } from '../domain/index.js';
import type { WebhookState } from '../services/index.js';

import { Access } from './access.js';
import { costOfRows } from './arguments.js';
import type { ApiContext } from './context.js';

const ID_ARG = { description: 'The id of the webhook.' };

@Resolver()
export class WebhookResolver {
  @Access('admin')
  @Query(() => [WebhookType], { complexity: costOfRows(20), description: 'All webhooks, newest first.' })
  async webhooks(@Ctx() { services, viewer }: ApiContext): Promise<WebhookType[]> {
    return (await services.webhooks.webhooks()).map((webhook) => toWebhook(viewer, webhook));
  }

  @Access('admin')
  @Mutation(() => CreatedWebhookType, {
    description:
      'Creates a webhook. Its address must be public and begin with https://, unless a setting allows others.',
  })
  async createWebhook(
    @Ctx() { services, viewer, actor }: ApiContext,
    @Arg('url', () => String, { description: 'The address.' }) url: string,
    @Arg('events', () => [WebhookEventEnum], { description: 'The events to post, without TEST.' })
    events: WebhookDelivery['event'][],
  ): Promise<CreatedWebhookType> {
    const { webhook, secret } = await services.audit.run(
      { actor, action: 'create-webhook', target: null },
      () => services.webhooks.create(url, checkEvents(events)),
      (created) => ({ target: created.webhook.webhookId }),
    );
    return { secret, webhook: toWebhook(viewer, webhook) };
  }

  @Access('admin')
  @Mutation(() => Boolean, { description: 'Deletes a webhook; false if there is none with this id.' })
  deleteWebhook(
    @Ctx() { services, actor }: ApiContext,
    @Arg('id', () => ID, ID_ARG) id: string,
  ): Promise<boolean> {
    return services.audit.run(
      { actor, action: 'delete-webhook', target: id },
      () => services.webhooks.delete(id),
      (wasThere) => ({ outcome: wasThere ? 'done' : 'refused' }),
    );
  }

  @Access('admin')
  @Mutation(() => WebhookDeliveryType, {
    nullable: true,
    description:
      'Posts a message of the type `test` at once, within ten seconds and without retries, and returns the result; null if there is no such webhook.',
  })
  async testWebhook(
    @Ctx() { services }: ApiContext,
    @Arg('id', () => ID, ID_ARG) id: string,
  ): Promise<WebhookDeliveryType | null> {
    const delivery = await services.webhooks.test(id);
    return delivery === null ? null : toDelivery(delivery);
  }
}

/** Throws InvalidInputError for TEST. */
function checkEvents(events: readonly WebhookDelivery['event'][]): WebhookEvent[] {
  return events.map((event) => {
    if (event === 'test') throw new InvalidInputError('TEST is no event of its own.', 'events');
    return event;
  });
}

function toWebhook(
  { role }: Viewer,
  { webhookId, url, events, createdAt, deliveries }: WebhookState,
): WebhookType {
  return {
    ...{ id: webhookId, events, createdAt, deliveries: deliveries.map(toDelivery) },
    url: role === 'admin' ? url : new URL(url).origin,
  };
}

function toDelivery({ deliveryId, ...rest }: WebhookDelivery): WebhookDeliveryType {
  const { event, state, createdAt, attempts, nextAttemptAt, status, error } = rest;
  return { id: deliveryId, event, state, createdAt, attempts, nextAttemptAt, status, error };
}
