/** Figures of items, and the result of changing an item. */

import { createUnionType, Field, Float, ID, Int, ObjectType } from 'type-graphql';

import { UnknownItemType } from './feedback.type.js';
import { ItemType } from './item.type.js';

@ObjectType('ItemFigures', {
  simpleResolvers: true,
  description: 'What happened to an item since the beginning of the record.',
})
export class ItemFiguresType {
  @Field(() => ID, { description: 'Id of the item.' })
  itemId!: string;

  @Field(() => Int, { description: 'Times it was in a list of this server, or shown as the site reports.' })
  impressions!: number;

  @Field(() => Int, { description: 'Views.' })
  views!: number;

  @Field(() => Int, { description: 'Clicks; an item counts once per list.' })
  clicks!: number;

  @Field(() => Float, { nullable: true, description: 'Clicks per impression; null without an impression.' })
  ctr!: number | null;

  @Field(() => Int, { description: 'Additions to a cart.' })
  carts!: number;

  @Field(() => Int, { description: 'Purchases.' })
  purchases!: number;

  @Field(() => Int, { description: 'Thumbs up given, also if taken back later.' })
  likes!: number;

  @Field(() => Int, { description: 'Thumbs down given, also if taken back later.' })
  dislikes!: number;
}

@ObjectType('ItemUpdated', { simpleResolvers: true, description: 'The item was changed.' })
export class ItemUpdatedType {
  @Field(() => ItemType, { description: 'The item as it is now.' })
  item!: ItemType;
}

export const UpdateItemResult = createUnionType({
  name: 'UpdateItemResult',
  description: 'Result of updateItem.',
  types: () => [ItemUpdatedType, UnknownItemType] as const,
  resolveType: (value) => ('item' in value ? ItemUpdatedType : UnknownItemType),
});
