/** Input of sendFeedback. */

import { Field, ID, InputType, Int } from 'type-graphql';

import type { Opinion } from '../../server/domain/index.js';
import { OpinionEnum } from '../enums/index.js';

@InputType('SendFeedbackInput', { description: 'A thumb on an item.' })
export class SendFeedbackInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Pseudonym of the user: omitted with a user token, required with an admin token.',
  })
  userId?: string | null;

  @Field(() => ID, { description: 'The item.' })
  itemId!: string;

  @Field(() => OpinionEnum, { description: 'The opinion; NONE takes the last thumb back.' })
  value!: Opinion;

  @Field(() => ID, { nullable: true, description: 'The list the item was shown in.' })
  listId?: string | null;

  @Field(() => Int, { nullable: true, description: 'The zero-based position in that list.' })
  position?: number | null;
}
