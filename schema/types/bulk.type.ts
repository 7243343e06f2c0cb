/** Row-by-row reports of the bulk mutations. */

import { Field, ID, Int, ObjectType } from 'type-graphql';

import { EventStatusEnum } from '../enums/index.js';

@ObjectType('EventOutcome', {
  simpleResolvers: true,
  description: 'Outcome of an event of the request.',
})
class EventOutcomeType {
  @Field(() => Int, { description: 'Its zero-based position in the request.' })
  index!: number;

  @Field(() => EventStatusEnum, { description: 'Whether it was recorded.' })
  status!: 'recorded' | 'duplicate' | 'rejected';

  @Field(() => String, { nullable: true, description: 'Why it was rejected; else null.' })
  reason!: string | null;

  @Field(() => Boolean, {
    description: 'True if its item is not in the catalogue; such an event is kept.',
  })
  isUnknownItem!: boolean;
}

@ObjectType('RecordEventsReport', {
  simpleResolvers: true,
  description: 'Outcome of the events of a request, row by row.',
})
export class RecordEventsReportType {
  @Field(() => Int, { description: 'Number of newly recorded events.' })
  recorded!: number;

  @Field(() => Int, { description: 'Number of events that were already recorded.' })
  duplicates!: number;

  @Field(() => Int, { description: 'Number of invalid events.' })
  rejected!: number;

  @Field(() => Int, {
    description:
      'Number of valid events on items that are not in the catalogue. They are kept, and take effect when the item is imported.',
  })
  unknownItems!: number;

  @Field(() => [EventOutcomeType], { description: 'Outcome of each event, in the order of the request.' })
  rows!: EventOutcomeType[];
}

@ObjectType('RejectedItem', {
  simpleResolvers: true,
  description: 'An invalid item of the request.',
})
export class RejectedItemType {
  @Field(() => Int, { description: 'Its zero-based position in the request.' })
  index!: number;

  @Field(() => ID, { description: 'Its id in the request.' })
  itemId!: string;

  @Field(() => String, { description: 'Why it was rejected.' })
  reason!: string;
}

@ObjectType('ImportItemsReport', {
  simpleResolvers: true,
  description: 'Outcome of the items of a request. Valid rows are imported, invalid rows are listed.',
})
export class ImportItemsReportType {
  @Field(() => Int, { description: 'Number of new items.' })
  inserted!: number;

  @Field(() => Int, { description: 'Number of changed items.' })
  updated!: number;

  @Field(() => Int, { description: 'Number of items equal to the stored item.' })
  unchanged!: number;

  @Field(() => [RejectedItemType], { description: 'The invalid rows.' })
  rejected!: RejectedItemType[];
}
