/** Recorded events of a user. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { RecordedEventType } from '../../server/domain/index.js';
import { ActivityKindEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { ItemType } from './item.type.js';

@ObjectType('Activity', { simpleResolvers: true, description: 'A recorded event of a user.' })
export class ActivityType {
  @Field(() => ID, { description: 'Id of the event.' })
  id!: string;

  @Field(() => ActivityKindEnum, { description: 'Type of the event.' })
  type!: RecordedEventType;

  @Field(() => ID, { nullable: true, description: 'Id of the item; null for a search.' })
  itemId!: string | null;

  @Field(() => ItemType, { nullable: true, description: 'The item; null if the catalogue does not have it.' })
  item!: unknown;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the event; null if the source has no time.',
  })
  at!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Seconds for a view or click, amount for a purchase, stars for a rating; else null.',
  })
  value!: number | null;

  @Field(() => Int, { nullable: true, description: 'Zero-based position in the list that was shown.' })
  position!: number | null;
}

export const ActivityConnectionType = connectionOf('Activity', 'events', ActivityType);
