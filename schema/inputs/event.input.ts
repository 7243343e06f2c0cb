/** One row of recordEvents. */

import { Field, Float, ID, InputType, Int } from 'type-graphql';

import type { EventType } from '../../server/domain/index.js';
import { EventTypeEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@InputType('EventInput', { description: 'Something a person did.' })
export class EventInput {
  @Field(() => EventTypeEnum, { description: 'What was done.' })
  type!: EventType;

  @Field(() => ID, {
    nullable: true,
    description:
      'Who did it, as a pseudonym: left out with a user token, required with an admin token. A raw id is refused.',
  })
  userId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The item; left out for a search, where it is not kept. An item the catalogue does not have is kept and counted.',
  })
  itemId?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When; now if left out, so name it where you may send again. From 1970 to one day ahead.',
  })
  at?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Seconds of dwell for VIEW and CLICK, the amount for PURCHASE; 0 or more.',
  })
  value?: number | null;

  @Field(() => ID, { nullable: true, description: 'The session it belongs to, if the site knows one.' })
  sessionId?: string | null;

  @Field(() => Int, { nullable: true, description: 'The zero-based position in the list that was shown.' })
  position?: number | null;

  @Field(() => ID, { nullable: true, description: 'The list that was shown.' })
  listId?: string | null;

  @Field(() => String, { nullable: true, description: 'The kind of device, such as "phone".' })
  device?: string | null;

  @Field(() => String, { nullable: true, description: 'The language or region, such as "de-AT".' })
  locale?: string | null;
}
