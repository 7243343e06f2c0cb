/** A row of importItems. */

import { Field, ID, InputType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

@InputType('ItemAttributeInput', { description: 'An additional property of an item.' })
class ItemAttributeInput {
  @Field(() => String, { description: 'The name of the property.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

@InputType('ItemInput', { description: 'An item to add to the catalogue, or to replace in it.' })
export class ItemInput {
  @Field(() => ID, { description: 'Its id, up to 256 characters; stored unchanged.' })
  id!: string;

  @Field(() => String, { description: 'Its title, up to 1,000 characters.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'Its category, up to 200 characters.' })
  category?: string | null;

  @Field(() => [String], { nullable: true, description: 'Up to 100 tags of up to 200 characters.' })
  tags?: string[] | null;

  @Field(() => [ItemAttributeInput], { nullable: true, description: 'Up to 100 additional properties.' })
  attributes?: ItemAttributeInput[] | null;

  @Field(() => String, { nullable: true, description: 'Its language or region.' })
  locale?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it entered the catalogue; default now.' })
  createdAt?: number | null;

  @Field(() => Boolean, { defaultValue: true, description: 'False keeps it but never recommends it.' })
  isAvailable!: boolean;
}
