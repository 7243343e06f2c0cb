/** What a user did, as it was recorded. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import type { RecordedEventType } from '../../server/domain/index.js';
import { ActivityKindEnum } from '../enums/index.js';
import { DateTime } from '../scalars/index.js';

import { connectionOf } from './connection.type.js';
import { ItemType } from './item.type.js';

@ObjectType('Activity', { simpleResolvers: true, description: 'One recorded event of a user.' })
export class ActivityType {
  @Field(() => ID, { description: 'Names the event.' })
  id!: string;

  @Field(() => ActivityKindEnum, { description: 'What happened.' })
  type!: RecordedEventType;

  @Field(() => ID, { nullable: true, description: 'The item it is about; null for a search.' })
  itemId!: string | null;

  @Field(() => ItemType, { nullable: true, description: 'The item, where the catalogue has it.' })
  item!: unknown;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it happened; null where the source names no time.',
  })
  at!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Seconds for a view or click, an amount for a purchase, stars for a rating; null otherwise.',
  })
  value!: number | null;

  @Field(() => Int, { nullable: true, description: 'Place in the list that was shown, the first is 0.' })
  position!: number | null;
}

export const ActivityConnectionType = connectionOf('Activity', 'events', ActivityType);
