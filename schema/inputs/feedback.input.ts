/** What a thumb is sent with. */

import { Field, ID, InputType, Int } from 'type-graphql';

import type { Opinion } from '../../server/domain/index.js';
import { OpinionEnum } from '../enums/index.js';

@InputType('SendFeedbackInput', { description: 'A thumb about one item.' })
export class SendFeedbackInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Whose thumb: left out with a user token, required with an admin token.',
  })
  userId?: string | null;

  @Field(() => ID, { description: 'The item it is about.' })
  itemId!: string;

  @Field(() => OpinionEnum, { description: 'The opinion; NONE takes the last one back.' })
  value!: Opinion;

  @Field(() => ID, { nullable: true, description: 'The list the item was shown in.' })
  listId?: string | null;

  @Field(() => Int, { nullable: true, description: 'The zero-based position in that list.' })
  position?: number | null;
}
