/** Thumbs and what comes back for one. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { Opinion } from '../../server/domain/index.js';
import { OpinionEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { ItemType } from './item.type.js';
import { RecommendationListType } from './recommendation.type.js';

@ObjectType('Feedback', {
  simpleResolvers: true,
  description: 'The latest thumb of one user about one item.',
})
export class FeedbackType {
  @Field(() => ID, { description: 'The item it is about.' })
  itemId!: string;

  @Field(() => ItemType, {
    nullable: true,
    description: 'The item; null when the catalogue does not have it.',
  })
  item!: ItemType | null | ((args: unknown, context: never) => Promise<ItemType | null>);

  @Field(() => OpinionEnum, { description: 'The opinion.' })
  value!: Opinion;

  @Field(() => DateTime, { description: 'When it was given.' })
  at!: number;

  @Field(() => ID, { nullable: true, description: 'The list it was given in; null outside a list.' })
  listId!: string | null;

  @Field(() => Int, { nullable: true, description: 'The zero-based position in that list.' })
  position!: number | null;

  @Field(() => Int, { nullable: true, description: 'The model version that was active.' })
  modelVersion!: number | null;
}

export const FeedbackConnectionType = connectionOf('Feedback', 'thumbs', FeedbackType);

@ObjectType('FeedbackAccepted', {
  simpleResolvers: true,
  description: 'The thumb is stored safely and the list has moved.',
})
export class FeedbackAcceptedType {
  @Field(() => FeedbackType, { description: 'The thumb as it is stored.' })
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
  @Field(() => ID, { description: 'The id that was sent.' })
  itemId!: string;

  @Field(() => String, { description: 'What is wrong, in a sentence.' })
  message!: string;
}

export const SendFeedbackResult = createUnionType({
  name: 'SendFeedbackResult',
  description: 'What became of a thumb.',
  types: () => [FeedbackAcceptedType, UnknownItemType] as const,
  resolveType: (value) => ('feedback' in value ? FeedbackAcceptedType : UnknownItemType),
});
