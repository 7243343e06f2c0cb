/** Publishable keys. */

import { Field, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

@ObjectType('PublishableKey', {
  simpleResolvers: true,
  description:
    'A key that pages of a site may contain in plain text. With it, a visitor reads its own recommendations and sends its own thumbs and events.',
})
export class PublishableKeyType {
  @Field(() => ID, { description: 'Its id, for `revokePublishableKey`.' })
  id!: string;

  @Field(() => String, { description: 'What it is for, as its creator wrote.' })
  label!: string;

  @Field(() => [String], { description: 'Pages of these origins may use it.' })
  origins!: readonly string[];

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was last used, within five minutes; null if never.',
  })
  lastUsedAt!: number | null;
}

@ObjectType('CreatedPublishableKey', {
  simpleResolvers: true,
  description: 'A new publishable key. It is shown only once.',
})
export class CreatedPublishableKeyType {
  @Field(() => String, {
    description:
      "Send it in place of a token, followed by a dot and the random id of the visitor's session: `Authorization: Bearer KEY.SESSION`.",
  })
  key!: string;

  @Field(() => PublishableKeyType, { description: 'The stored record of the key.' })
  info!: PublishableKeyType;
}
