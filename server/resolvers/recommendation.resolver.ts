/** Ranked lists: asked for, and pushed when they move. */

import { Arg, Ctx, Float, ID, Query, Resolver, Root, Subscription } from 'type-graphql';

import {
  CounterfactualType,
  RecommendationFilterInput,
  RecommendationListType,
  RecommendationsUpdateType,
} from '../../schema/index.js';
import type { EventEnvelope, RecommendationFilter, UpdateCause } from '../domain/index.js';
import { InvalidInputError } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { checkNames, costOfPage, costOfRows, First, pageSize, Subject } from './arguments.js';
import type { ApiContext } from './context.js';
import { toRecommendationList } from './views.js';

const MAX_FIRST = 100;

type ListEvent = EventEnvelope<'recommendations.updated' | 'model.activated' | 'user.erased'>;

@Resolver()
export class RecommendationResolver {
  @Access('user')
  @Query(() => RecommendationListType, {
    complexity: costOfPage,
    description:
      'What to show a user, best first. A user nothing is known of gets a cold-start list. Before the first training the error code is NO_ACTIVE_MODEL.',
  })
  async recommendations(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @First({ defaultValue: 10, max: MAX_FIRST, what: 'recommendations' }) first: number,
    @Arg('filter', () => RecommendationFilterInput, { nullable: true, description: 'Narrows the list.' })
    filter: RecommendationFilterInput | null | undefined,
    @Arg('diversity', () => Float, {
      defaultValue: 0,
      description:
        '0 ranks by score alone; up to 1, the more an item resembles what stands above it, the lower it comes.',
    })
    diversity: number,
  ): Promise<RecommendationListType> {
    const request = { userId, first, filter: checkFilter(filter), diversity: checkDiversity(diversity) };
    return toRecommendationList(context, await context.services.recommendations.show(request));
  }

  @Access('user')
  @Query(() => CounterfactualType, {
    nullable: true,
    complexity: costOfRows(20),
    description:
      'What if the user had never dealt with one item? Null when the model has no such item or the history no such entry.',
  })
  counterfactual(
    @Ctx() { services }: ApiContext,
    @Subject() userId: string,
    @Arg('itemId', () => ID, { description: 'The recommended item.' }) itemId: string,
    @Arg('withoutItemId', () => ID, { description: 'The item of the history to leave out.' })
    withoutItemId: string,
  ): Promise<CounterfactualType | null> {
    return services.recommendations.counterfactual({ userId, itemId, withoutItemId });
  }

  @Access('user')
  @Subscription(() => RecommendationsUpdateType, {
    complexity: costOfPage,
    description:
      'Pushes the whole list whenever it moves: after a thumb, new behaviour, a change of persona or of the model. Query `recommendations` first and again after a reconnect; nothing is pushed at the start. A slow receiver gets the newest list, never a queue.',
    subscribe: ({
      args,
      context,
    }: {
      args: { userId?: string | null; first: number };
      context: ApiContext;
    }) => {
      const userId = subjectOf(context.viewer, args.userId);
      pageSize(args.first, MAX_FIRST);
      return context.bus.subscribe(['recommendations.updated', 'model.activated', 'user.erased'], {
        filter: (event) => event.name === 'model.activated' || event.payload.userId === userId,
        coalesceBy: () => 'list',
        isLast: ({ name }) => name === 'user.erased',
      });
    },
  })
  async recommendationsUpdated(
    @Root() event: ListEvent,
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @First({ defaultValue: 10, max: MAX_FIRST, what: 'recommendations' }) first: number,
  ): Promise<RecommendationsUpdateType> {
    const { cause, receivedAt } = causeOf(event);
    if (cause === 'ERASED') return { list: nothingFor(userId), cause, latencyMs: 0 };
    const list = await context.services.recommendations.show({ userId, first });
    const view = await toRecommendationList(context, list);
    const latencyMs = Math.max(0, context.now() - receivedAt);
    context.recordPush(latencyMs);
    return { list: view, cause, latencyMs };
  }
}

function causeOf(event: ListEvent): { cause: UpdateCause; receivedAt: number } {
  if (event.name === 'recommendations.updated') return event.payload;
  return { cause: event.name === 'user.erased' ? 'ERASED' : 'MODEL', receivedAt: event.publishedAt };
}

/** The list of someone of whom nothing is left. */
function nothingFor(userId: string): RecommendationListType {
  return { listId: '', userId, items: [], modelVersion: 0, revision: 0, persona: null };
}

function checkFilter(filter: RecommendationFilterInput | null | undefined): RecommendationFilter | null {
  if (filter == null) return null;
  return {
    categories: checkNames(filter.categories ?? [], 'categories', 100),
    excludeItemIds: checkNames(filter.excludeItemIds ?? [], 'excludeItemIds', 1_000),
  };
}

function checkDiversity(diversity: number): number {
  if (diversity >= 0 && diversity <= 1) return diversity;
  throw new InvalidInputError('"diversity" must be from 0 to 1.', 'diversity');
}
