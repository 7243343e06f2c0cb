/**
 * Ranked lists: queries, and a subscription to their changes.
 */

import { Arg, Ctx, Float, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';

import {
  CounterfactualType,
  ExclusionEnum,
  RecommendationFilterInput,
  RecommendationListType,
  RecommendationsUpdateType,
} from '../../schema/index.js';
import type { Exclusion, RecommendationFilter, UpdateCause } from '../domain/index.js';
import { CorruptModelError, EXCLUSIONS, InvalidInputError, ModelNotFoundError } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { checkNames, checkRows, checkText, costOfRanking, First, pageSize, Subject } from './arguments.js';
import type { ApiContext } from './context.js';
import { ListEvents, type ListChange, type ListEvent } from './list-events.js';
import { toRecommendationList } from './views.js';

const MAX_FIRST = 100;
/** Of the label of a facet, which may be a title. */
const MAX_LABEL_CHARACTERS = 1_000;

/** Ranking arguments, shared by the query and the subscription. */
interface RankingArguments {
  readonly first: number;
  readonly filter?: RecommendationFilterInput | null;
  readonly exclude?: Exclusion[] | null;
  readonly diversity: number;
}

const Filter = () =>
  Arg('filter', () => RecommendationFilterInput, { nullable: true, description: 'Narrows the list.' });

const Exclude = () =>
  Arg('exclude', () => [ExclusionEnum], {
    nullable: true,
    description:
      'Reasons for which an item is not listed again; by default the setting SMARTPERSONA_EXCLUDE, RATED and BOUGHT unless configured. With an empty list only disliked items are excluded.',
  });

const Diversity = () =>
  Arg('diversity', () => Float, {
    defaultValue: 0,
    description:
      'From 0 to 1. 0 ranks by score alone; with higher values, items similar to items above them rank lower.',
  });

@Resolver()
export class RecommendationResolver {
  @Access('guest')
  @Query(() => RecommendationListType, {
    complexity: costOfRanking,
    description:
      'Recommended items for a user, best first. An unknown user gets a cold-start list. Before the first training the error code is NO_ACTIVE_MODEL.',
  })
  async recommendations(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @First({ defaultValue: 10, max: MAX_FIRST, what: 'recommendations' }) first: number,
    @Filter() filter: RecommendationFilterInput | null | undefined,
    @Exclude() exclude: Exclusion[] | null | undefined,
    @Diversity() diversity: number,
  ): Promise<RecommendationListType> {
    const request = { userId, ...rankingOf({ first, filter, exclude, diversity }) };
    return toRecommendationList(context, await context.services.recommendations.show(request));
  }

  @Access('admin')
  @Query(() => RecommendationListType, {
    nullable: true,
    complexity: costOfRanking,
    description:
      'The list of a user under a kept version, without counting it as shown; null if the version does not exist or cannot be read.',
  })
  async previewRecommendations(
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @Arg('version', () => Int, { description: 'The version number.' }) version: number,
    @First({ defaultValue: 10, max: MAX_FIRST, what: 'recommendations' }) first: number,
    @Filter() filter: RecommendationFilterInput | null | undefined,
    @Diversity() diversity: number,
  ): Promise<RecommendationListType | null> {
    const request = { userId, version, ...rankingOf({ first, filter, diversity }) };
    try {
      return await toRecommendationList(context, await context.services.recommendations.preview(request));
    } catch (error) {
      if (error instanceof ModelNotFoundError || error instanceof CorruptModelError) return null;
      throw error;
    }
  }

  @Access('user')
  @Query(() => CounterfactualType, {
    nullable: true,
    complexity: costOfRanking,
    description:
      'Rank and score of an item with and without an entry of the history. Null if the model lacks the item or the history lacks the entry.',
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

  @Access('guest')
  @Subscription(() => RecommendationsUpdateType, {
    complexity: costOfRanking,
    description:
      'Pushes the whole list whenever it changes: after a thumb, new behaviour, a change of persona, of the model or of its items in the catalogue. Query `recommendations` first and again after a reconnect; nothing is pushed at the start. A slow receiver gets only the newest list.',
    subscribe: ({
      args,
      context,
    }: {
      args: { userId?: string | null } & RankingArguments;
      context: ApiContext;
    }) => {
      const userId = subjectOf(context.viewer, args.userId);
      const request = { userId, ...rankingOf(args) };
      const events = context.bus.subscribe(
        ['recommendations.updated', 'model.activated', 'catalogue.changed', 'user.erased'],
        {
          filter: ({ payload }) => !('userId' in payload) || payload.userId === userId,
          // A catalogue change may leave this list unchanged, so it must not replace an event that changes it.
          coalesceBy: ({ name }) => (name === 'catalogue.changed' ? 'catalogue' : 'list'),
          isLast: ({ name }) => name === 'user.erased',
        },
      );
      return new ListEvents(events, {
        catalogue: context.services.catalogue,
        list: () => context.services.recommendations.recommend(request),
        isFickle: args.exclude?.includes('listed') === true,
      });
    },
  })
  async recommendationsUpdated(
    @Root() change: ListChange,
    @Ctx() context: ApiContext,
    @Subject() userId: string,
    @First({ defaultValue: 10, max: MAX_FIRST, what: 'recommendations' }) first: number,
    @Filter() filter: RecommendationFilterInput | null | undefined,
    @Exclude() exclude: Exclusion[] | null | undefined,
    @Diversity() diversity: number,
  ): Promise<RecommendationsUpdateType> {
    const { cause, receivedAt, trace } = causeOf(change.event);
    if (cause === 'ERASED') return { list: nothingFor(userId), cause, latencyMs: 0 };
    const request = { userId, ...rankingOf({ first, filter, exclude, diversity }) };
    const push = async () => {
      const { recommendations } = context.services;
      // Without a list, ranking again gives the reason.
      const list = change.list ?? (await recommendations.recommend(request));
      recommendations.countShown(list);
      const view = await toRecommendationList(context, list);
      const latencyMs = Math.max(0, context.now() - receivedAt);
      context.recordPush(latencyMs);
      return { list: view, cause, latencyMs };
    };
    return trace == null ? push() : context.tracer.span('list.push', push, { parent: trace });
  }
}

const CAUSES = {
  'model.activated': 'MODEL',
  'catalogue.changed': 'CATALOGUE',
  'user.erased': 'ERASED',
} as const;

function causeOf(event: ListEvent): { cause: UpdateCause; receivedAt: number; trace?: string | null } {
  if (event.name === 'recommendations.updated') return event.payload;
  return { cause: CAUSES[event.name], receivedAt: event.publishedAt };
}

/** The list of an erased user. */
function nothingFor(userId: string): RecommendationListType {
  return {
    listId: '',
    userId,
    items: [],
    modelVersion: 0,
    revision: 0,
    persona: null,
    facet: null,
    facets: [],
  };
}

/** Throws InvalidInputError for arguments out of bounds. */
function rankingOf({ first, filter, exclude, diversity }: RankingArguments) {
  return {
    first: pageSize(first, MAX_FIRST),
    filter: checkFilter(filter),
    exclude: exclude && checkRows(exclude, 'exclude', EXCLUSIONS.length),
    diversity: checkDiversity(diversity),
  };
}

function checkFilter(filter: RecommendationFilterInput | null | undefined): RecommendationFilter | null {
  if (filter == null) return null;
  return {
    categories: checkNames(filter.categories ?? [], 'categories', 100),
    excludeItemIds: checkNames(filter.excludeItemIds ?? [], 'excludeItemIds', 1_000),
    facet: filter.facet == null ? null : checkText(filter.facet, 'facet', MAX_LABEL_CHARACTERS),
  };
}

function checkDiversity(diversity: number): number {
  if (diversity >= 0 && diversity <= 1) return diversity;
  throw new InvalidInputError('"diversity" must be from 0 to 1.', 'diversity');
}
