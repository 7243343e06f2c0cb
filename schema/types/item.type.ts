/** Items of the catalogue. */

import { Field, Float, ID, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';

@ObjectType('ItemAttribute', { simpleResolvers: true, description: 'One further property of an item.' })
export class ItemAttributeType {
  @Field(() => String, { description: 'The name of the property, as it was imported.' })
  name!: string;

  @Field(() => String, { description: 'Its value as text.' })
  value!: string;
}

@ObjectType('Item', { simpleResolvers: true, description: 'Something that can be recommended.' })
export class ItemType {
  @Field(() => ID, { description: 'The id it was imported with.' })
  id!: string;

  @Field(() => String, { description: 'Its title.' })
  title!: string;

  @Field(() => String, { description: 'Its category; empty where the source names none.' })
  category!: string;

  @Field(() => [String], { description: 'Its tags; the recommender learns from them.' })
  tags!: readonly string[];

  @Field(() => [ItemAttributeType], { description: 'Further properties, as they were imported.' })
  attributes!: ItemAttributeType[] | (() => ItemAttributeType[]);

  @Field(() => String, {
    nullable: true,
    description: 'The language or region it is for; null when not stated.',
  })
  locale!: string | null;

  @Field(() => DateTime, { description: 'When it entered the catalogue.' })
  createdAt!: number;

  @Field(() => Boolean, { description: 'False for items that are kept but never recommended.' })
  isAvailable!: boolean;
}

@ObjectType('SimilarItem', {
  simpleResolvers: true,
  description: 'An item and how near it is to the one asked about.',
})
export class SimilarItemType {
  @Field(() => ItemType, { description: 'The similar item.' })
  item!: ItemType;

  @Field(() => Float, { description: 'Cosine of the two item embeddings, -1 to 1; 1 is the same direction.' })
  similarity!: number;
}

export const ItemConnectionType = connectionOf('Item', 'items', ItemType);
