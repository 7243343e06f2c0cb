/** Events as administrators see them. */

import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars/index.js';

import { ActivityType } from './activity.type.js';

@ObjectType('ReceivedEvent', { simpleResolvers: true, description: 'A recorded event, and whose it is.' })
export class ReceivedEventType {
  @Field(() => ID, { description: 'Pseudonym of the user.' })
  userId!: string;

  @Field(() => ActivityType, { description: 'The event.' })
  event!: ActivityType;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it arrived; null for an event that is read from the record.',
  })
  receivedAt!: number | null;

  @Field(() => Boolean, { description: 'True if its item is not in the catalogue.' })
  isUnknownItem!: boolean;
}

@ObjectType('Ingestion', {
  simpleResolvers: true,
  description: 'How events arrive at the instance that answers.',
})
export class IngestionType {
  @Field(() => DateTime, { description: 'Since when the instance counts.' })
  since!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Events received since then; null while differential privacy is on.',
  })
  received!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Median milliseconds from the time of an event to its arrival, over the last thousand events; null without events, and while differential privacy is on.',
  })
  medianLagMs!: number | null;

  @Field(() => Int, {
    description: 'Recorded events with an item that was not in the catalogue, on all instances.',
  })
  unknownItemEvents!: number;

  @Field(() => Boolean, { description: 'True while differential privacy withholds single events.' })
  isWithheld!: boolean;
}
