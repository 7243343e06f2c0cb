/** A row of recordEvents. */

import { Field, Float, ID, InputType, Int } from 'type-graphql';

import type { EventType } from '../../server/domain/index.js';
import { EventTypeEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

@InputType('EventInput', { description: 'A behaviour event.' })
export class EventInput {
  @Field(() => EventTypeEnum, { description: 'Type of the event.' })
  type!: EventType;

  @Field(() => ID, {
    nullable: true,
    description:
      'Pseudonym of the user: omitted with a user token, required with an admin token. A raw id is refused.',
  })
  userId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The item; ignored for a search. An item that is not in the catalogue is kept and counted.',
  })
  itemId?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the event; default now. Set it if you may retry. From 1970 to a day ahead.',
  })
  at?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Dwell time in seconds for VIEW and CLICK, amount for PURCHASE; 0 or more.',
  })
  value?: number | null;

  @Field(() => ID, { nullable: true, description: "The site's session id, if any." })
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
