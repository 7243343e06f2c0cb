/** Webhooks. */

import { Field, ID, Int, ObjectType } from 'type-graphql';

import type { WebhookDelivery } from '../../server/domain/index.js';
import { DeliveryStateEnum, WebhookEventEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@ObjectType('WebhookDelivery', { simpleResolvers: true, description: 'A message to a webhook.' })
export class WebhookDeliveryType {
  @Field(() => ID, { description: 'Its id, the header `webhook-id`.' })
  id!: string;

  @Field(() => WebhookEventEnum, { description: 'What it is about.' })
  event!: WebhookDelivery['event'];

  @Field(() => DeliveryStateEnum, { description: 'Its state.' })
  state!: WebhookDelivery['state'];

  @Field(() => DateTime, { description: 'When its cause happened.' })
  createdAt!: number;

  @Field(() => Int, { description: 'Attempts so far.' })
  attempts!: number;

  @Field(() => DateTime, { nullable: true, description: 'When the next attempt is due; null if none is.' })
  nextAttemptAt!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The HTTP status of the last attempt; null without an answer.',
  })
  status!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the last attempt got no answer; null otherwise.',
  })
  error!: string | null;
}

@ObjectType('Webhook', {
  simpleResolvers: true,
  description: 'An address to which events are posted, signed, as JSON.',
})
export class WebhookType {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => String, {
    description: 'The address. A viewer sees its origin only, because addresses may contain secrets.',
  })
  url!: string;

  @Field(() => [WebhookEventEnum], { description: 'The events that are posted.' })
  events!: readonly WebhookDelivery['event'][];

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: number;

  @Field(() => [WebhookDeliveryType], { description: 'The latest messages, newest first, up to ten.' })
  deliveries!: WebhookDeliveryType[];
}

@ObjectType('CreatedWebhook', { simpleResolvers: true, description: 'A new webhook.' })
export class CreatedWebhookType {
  @Field(() => String, {
    description: 'The secret with which its receiver checks signatures. It is shown only once.',
  })
  secret!: string;

  @Field(() => WebhookType, { description: 'The webhook.' })
  webhook!: WebhookType;
}
