/** Changes of an item. */

import { Field, ID, InputType } from 'type-graphql';

@InputType('UpdateItemInput', { description: 'Changes of an item; fields that are left out stay.' })
export class UpdateItemInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Its new title, up to 1,000 characters.' })
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'Its new category, up to 200 characters.' })
  category?: string | null;

  @Field(() => [String], { nullable: true, description: 'Its new tags, up to 100 of up to 200 characters.' })
  tags?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'False keeps it but never recommends it.' })
  isAvailable?: boolean | null;
}
