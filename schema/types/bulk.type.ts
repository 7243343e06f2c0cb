/** Row-by-row reports of the bulk mutations. */

import { Field, ID, Int, ObjectType } from 'type-graphql';

import { EventStatusEnum } from '../enums/index.js';

@ObjectType('EventOutcome', {
  simpleResolvers: true,
  description: 'What became of one event of the request.',
})
export class EventOutcomeType {
  @Field(() => Int, { description: 'Its zero-based position in the request.' })
  index!: number;

  @Field(() => EventStatusEnum, { description: 'What became of it.' })
  status!: 'recorded' | 'duplicate' | 'rejected';

  @Field(() => String, { nullable: true, description: 'Why it was rejected; null otherwise.' })
  reason!: string | null;

  @Field(() => Boolean, {
    description: 'Whether it names an item that the catalogue does not have; such an event is kept.',
  })
  isUnknownItem!: boolean;
}

@ObjectType('RecordEventsReport', {
  simpleResolvers: true,
  description: 'What became of the events of one request, row by row.',
})
export class RecordEventsReportType {
  @Field(() => Int, { description: 'How many are now in the record.' })
  recorded!: number;

  @Field(() => Int, { description: 'How many had been recorded before.' })
  duplicates!: number;

  @Field(() => Int, { description: 'How many break a rule.' })
  rejected!: number;

  @Field(() => Int, {
    description:
      'How many of the others name an item that the catalogue does not have. They are kept, and count once it is imported.',
  })
  unknownItems!: number;

  @Field(() => [EventOutcomeType], { description: 'One row for each event, in the order of the request.' })
  rows!: EventOutcomeType[];
}

@ObjectType('RejectedItem', {
  simpleResolvers: true,
  description: 'An item of the request that breaks a rule.',
})
export class RejectedItemType {
  @Field(() => Int, { description: 'Its zero-based position in the request.' })
  index!: number;

  @Field(() => ID, { description: 'The id it was sent with.' })
  itemId!: string;

  @Field(() => String, { description: 'Why it was rejected.' })
  reason!: string;
}

@ObjectType('ImportItemsReport', {
  simpleResolvers: true,
  description: 'What became of the items of one request. Good rows land, bad rows are listed.',
})
export class ImportItemsReportType {
  @Field(() => Int, { description: 'How many are new.' })
  inserted!: number;

  @Field(() => Int, { description: 'How many changed an item the catalogue had.' })
  updated!: number;

  @Field(() => Int, { description: 'How many said what the catalogue already knew.' })
  unchanged!: number;

  @Field(() => [RejectedItemType], { description: 'The rows that break a rule.' })
  rejected!: RejectedItemType[];
}
