/** Thumbs and the result of sendFeedback. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { Opinion } from '../../server/domain/index.js';
import { OpinionEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { ItemType } from './item.type.js';
import { RecommendationListType } from './recommendation.type.js';

@ObjectType('Feedback', {
  simpleResolvers: true,
  description: 'The latest thumb of a user on an item.',
})
export class FeedbackType {
  @Field(() => ID, { description: 'Id of the item.' })
  itemId!: string;

  @Field(() => ItemType, {
    nullable: true,
    description: 'The item; null if the catalogue does not have it.',
  })
  item!: ItemType | null | ((args: unknown, context: never) => Promise<ItemType | null>);

  @Field(() => OpinionEnum, { description: 'The opinion.' })
  value!: Opinion;

  @Field(() => DateTime, { description: 'Time of the thumb.' })
  at!: number;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the list the item was shown in; null outside of a list.',
  })
  listId!: string | null;

  @Field(() => Int, { nullable: true, description: 'The zero-based position in that list.' })
  position!: number | null;

  @Field(() => Int, { nullable: true, description: 'The model version that was active.' })
  modelVersion!: number | null;
}

export const FeedbackConnectionType = connectionOf('Feedback', 'thumbs', FeedbackType);

@ObjectType('FeedbackAccepted', {
  simpleResolvers: true,
  description: 'The thumb is stored and the list is updated.',
})
export class FeedbackAcceptedType {
  @Field(() => FeedbackType, { description: 'The stored thumb.' })
  feedback!: FeedbackType;

  @Field(() => RecommendationListType, { description: 'The list after the thumb.' })
  list!: RecommendationListType;

  @Field(() => Float, { description: 'Milliseconds from the arrival of the thumb to this answer.' })
  latencyMs!: number;
}

@ObjectType('UnknownItem', {
  simpleResolvers: true,
  description: 'Refused: the catalogue has no such item. Nothing was stored.',
})
export class UnknownItemType {
  @Field(() => ID, { description: 'The requested id.' })
  itemId!: string;

  @Field(() => String, { description: 'Error message.' })
  message!: string;
}

export const SendFeedbackResult = createUnionType({
  name: 'SendFeedbackResult',
  description: 'Result of sendFeedback.',
  types: () => [FeedbackAcceptedType, UnknownItemType] as const,
  resolveType: (value) => ('feedback' in value ? FeedbackAcceptedType : UnknownItemType),
});
