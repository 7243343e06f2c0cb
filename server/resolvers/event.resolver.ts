/** Recorded events, for admins. */

import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';

import { ActivityKindEnum, IngestionType, ReceivedEventType } from '../../schema/index.js';
import type { RecordedEventType } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { costOfPage, First } from './arguments.js';
import type { ApiContext } from './context.js';
import { toActivity } from './views.js';

@Resolver()
export class EventResolver {
  @Access('admin')
  @Query(() => [ReceivedEventType], {
    complexity: costOfPage,
    description:
      'Events, newest first: of a user, from the record; without a user, the latest that the answering instance has received since it started, imports excepted. Under differential privacy, refused with the code WITHHELD.',
  })
  async events(
    @Ctx() context: ApiContext,
    @Arg('userId', () => ID, { nullable: true, description: 'Only the events of this user.' })
    userId: string | null | undefined,
    @Arg('type', () => ActivityKindEnum, { nullable: true, description: 'Only events of this type.' })
    type: RecordedEventType | null | undefined,
    @First({ defaultValue: 50, max: 500, what: 'events' }) first: number,
  ): Promise<ReceivedEventType[]> {
    const found = await context.services.analytics.events({
      userId: userId == null ? null : subjectOf(context.viewer, userId),
      type: type ?? null,
      first,
    });
    return Promise.all(
      found.map(async ({ event, receivedAt }) => ({
        userId: event.userId,
        event: toActivity(event),
        receivedAt,
        isUnknownItem: event.itemId !== null && (await context.loaders.items.load(event.itemId)) === null,
      })),
    );
  }

  @Access('admin')
  @Query(() => IngestionType, { description: 'How events arrive at the instance that answers.' })
  ingestion(@Ctx() { services }: ApiContext): Promise<IngestionType> {
    return services.analytics.ingestion();
  }
}
