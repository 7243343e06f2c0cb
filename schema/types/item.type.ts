/** Items of the catalogue. */

import { Field, Float, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';

@ObjectType('ItemAttribute', { simpleResolvers: true, description: 'An additional property of an item.' })
class ItemAttributeType {
  @Field(() => String, { description: 'The name of the property, as imported.' })
  name!: string;

  @Field(() => String, { description: 'Its value as text.' })
  value!: string;
}

@ObjectType('Item', { simpleResolvers: true, description: 'An item of the catalogue.' })
export class ItemType {
  @Field(() => ID, { description: 'Its id, as imported.' })
  id!: string;

  @Field(() => String, { description: 'Its title.' })
  title!: string;

  @Field(() => String, { description: 'Its category; empty if the source has none.' })
  category!: string;

  @Field(() => [String], { description: 'Its tags; the recommender learns from them.' })
  tags!: readonly string[];

  @Field(() => [ItemAttributeType], { description: 'Additional properties, as imported.' })
  attributes!: ItemAttributeType[] | (() => ItemAttributeType[]);

  @Field(() => String, {
    nullable: true,
    description: 'Its language or region; null if unknown.',
  })
  locale!: string | null;

  @Field(() => DateTime, { description: 'When it entered the catalogue.' })
  createdAt!: number;

  @Field(() => Boolean, { description: 'False for items that are kept but never recommended.' })
  isAvailable!: boolean;
}

@ObjectType('SimilarItem', {
  simpleResolvers: true,
  description: 'An item and its similarity to the requested item.',
})
export class SimilarItemType {
  @Field(() => ItemType, { description: 'The similar item.' })
  item!: ItemType;

  @Field(() => Float, { description: 'Cosine similarity of the two item embeddings, -1 to 1.' })
  similarity!: number;
}

export const ItemConnectionType = connectionOf('Item', 'items', ItemType);
