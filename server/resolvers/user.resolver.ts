/**
 * Users, the viewer, and their fields.
 */

import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';

import type { ActivityType, Connection, FeedbackType } from '../../schema/index.js';
import {
  ActivityConnectionType,
  ActivityKindEnum,
  costOfFacets,
  FacetType,
  FeatureComparisonType,
  FeatureValueType,
  FeedbackConnectionType,
  PersonaEvidenceType,
  PersonaRecordType,
  RecommendationListType,
  UserConnectionType,
  UserType,
  ViewerType,
} from '../../schema/index.js';
import type { RecordedEventType } from '../domain/index.js';
import { ForbiddenError, InvalidInputError, WithheldError } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { After, costOfPage, costOfRanking, costOfRows, First } from './arguments.js';
import { connectionOfList, connectionOfPage } from './connection.js';
import type { ApiContext } from './context.js';
import { decodeCursor } from './cursor.js';
import { toActivity, toFacets, toFeedback, toPersonaRecord, toRecommendationList, toUser } from './views.js';

const OfType = () =>
  Arg('type', () => ActivityKindEnum, { nullable: true, description: 'Only events of this type.' });

const ID_PREFIX = /^[0-9a-f]{1,64}$/i;

@Resolver()
export class UserResolver {
  @Access('user')
  @Query(() => ViewerType, { description: 'The viewer: the role and user of the token.' })
  async me(@Ctx() context: ApiContext): Promise<ViewerType> {
    const { role, userId } = context.viewer;
    if (role === 'anonymous' || role === 'guest') throw new ForbiddenError('Not signed in.');
    const user = userId === null ? null : await context.loaders.users.load(userId);
    const known = user === null ? null : toUser(context, user);
    const { hasPrivateMode } = context.services.settings;
    return { role, userId, user: known, persona: known?.persona ?? null, hasPrivateMode };
  }

  @Access('user')
  @Query(() => UserType, { nullable: true, description: 'A user; null if the id is unknown.' })
  async user(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: 'The pseudonym; a user token may give only its own.' }) id: string,
  ): Promise<UserType | null> {
    const user = await context.loaders.users.load(subjectOf(context.viewer, id));
    return user === null ? null : toUser(context, user);
  }

  @Access('admin')
  @Query(() => UserConnectionType, {
    complexity: costOfPage,
    description:
      'All users, ordered by id. Under differential privacy their rows are withheld, and `personaId` is refused with the code WITHHELD.',
  })
  async users(
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'users' }) first: number,
    @After() after: string | null | undefined,
    @Arg('personaId', () => ID, { nullable: true, description: 'Only users with this persona.' })
    personaId: string | null | undefined,
    @Arg('idPrefix', () => String, {
      nullable: true,
      description: 'Only users whose pseudonym begins with it: up to 64 hexadecimal digits.',
    })
    idPrefix: string | null | undefined,
  ): Promise<Connection<UserType>> {
    if (idPrefix != null && !ID_PREFIX.test(idPrefix))
      throw new InvalidInputError('"idPrefix" must be 1 to 64 hexadecimal digits.', 'idPrefix');
    if (personaId != null && context.services.privacy.isEnabled) {
      throw new WithheldError(
        'Differential privacy is on: users cannot be listed by persona, which would count them. Leave `personaId` out.',
      );
    }
    const filter = { personaId, idPrefix: idPrefix?.toLowerCase() };
    const listing = { name: 'users', filter };
    const page = await context.services.users.users({
      first,
      after: decodeCursor(listing, after),
      ...filter,
    });
    return connectionOfPage(page, after, {
      listing,
      keyOf: (user) => user.userId,
      toNode: (user) => toUser(context, user),
    });
  }
}

/** Reachable only through a user or viewer, so access is already authorised. */
@Resolver(() => UserType)
export class UserFieldsResolver {
  @FieldResolver(() => FeedbackConnectionType, {
    complexity: costOfPage,
    description: 'The latest thumbs, newest first.',
  })
  feedback(
    @Root() user: UserType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 100, max: 500, what: 'thumbs' }) first: number,
    @After() after: string | null | undefined,
  ): Promise<Connection<FeedbackType>> {
    return feedbackOf(context, shownId(user), first, after);
  }

  @FieldResolver(() => [PersonaRecordType], {
    complexity: costOfPage,
    description: 'The persona history, newest first.',
  })
  personaTimeline(
    @Root() user: UserType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'steps' }) first: number,
  ): Promise<PersonaRecordType[]> {
    return timelineOf(context, shownId(user), first);
  }

  @FieldResolver(() => [FeatureValueType], {
    complexity: costOfRows(25),
    description:
      'Current values of the behavioural features, in plain units; empty before the first training. Compare with the centroid of a persona.',
  })
  async behaviour(@Root() user: UserType, @Ctx() { services }: ApiContext): Promise<FeatureValueType[]> {
    return user.isWithheld ? [] : services.corrections.behaviour(user.id);
  }

  @FieldResolver(() => PersonaEvidenceType, {
    nullable: true,
    complexity: costOfRows(1),
    description: 'Number of signals available, and needed, to assign a persona; null if `isWithheld`.',
  })
  async evidence(
    @Root() user: UserType,
    @Ctx() { services }: ApiContext,
  ): Promise<PersonaEvidenceType | null> {
    return user.isWithheld ? null : services.corrections.evidence(user.id);
  }

  @FieldResolver(() => [FeatureComparisonType], {
    complexity: costOfRows(5),
    description:
      "The persona's distinctive features, strongest first, with the values of the user, of the persona and of all users. Empty without a persona.",
  })
  async personaFeatures(
    @Root() { id, persona }: UserType,
    @Ctx() { services }: ApiContext,
  ): Promise<FeatureComparisonType[]> {
    if (persona === null) return [];
    const rows = await services.corrections.comparison(id, persona.personaId);
    if (!services.privacy.isEnabled) return rows;
    return rows.map(({ feature, user }) => ({ feature, user, persona: null, everybody: null }));
  }

  @FieldResolver(() => ActivityConnectionType, {
    complexity: costOfPage,
    description: 'Recorded events, newest first.',
  })
  activity(
    @Root() user: UserType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'events' }) first: number,
    @After() after: string | null | undefined,
    @OfType() type: RecordedEventType | null | undefined,
  ): Promise<Connection<ActivityType>> {
    return activityOf(context, shownId(user), { first, after, type });
  }

  @FieldResolver(() => RecommendationListType, {
    complexity: costOfRanking,
    description: 'Recommended items for this user, best first.',
  })
  async recommendations(
    @Root() user: UserType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 10, max: 100, what: 'recommendations' }) first: number,
  ): Promise<RecommendationListType> {
    await context.loaders.preloads.load(user.id);
    const list = await context.services.recommendations.show({ userId: user.id, first });
    return toRecommendationList(context, list);
  }
}

/** The same fields for a viewer: thumbs may exist before the user is stored. */
@Resolver(() => ViewerType)
export class ViewerFieldsResolver {
  @FieldResolver(() => PersonaEvidenceType, {
    nullable: true,
    description:
      "Number of the viewer's signals available, and needed, to assign a persona; null for an admin token without a user.",
  })
  async evidence(
    @Root() { userId }: ViewerType,
    @Ctx() { services }: ApiContext,
  ): Promise<PersonaEvidenceType | null> {
    return userId === null ? null : services.corrections.evidence(userId);
  }

  @FieldResolver(() => FeedbackConnectionType, {
    complexity: costOfPage,
    description: "The viewer's latest thumbs, newest first; empty for an admin token without a user.",
  })
  async feedback(
    @Root() { userId }: ViewerType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 100, max: 500, what: 'thumbs' }) first: number,
    @After() after: string | null | undefined,
  ): Promise<Connection<FeedbackType>> {
    return feedbackOf(context, userId, first, after);
  }

  @FieldResolver(() => ActivityConnectionType, {
    complexity: costOfPage,
    description: 'Recorded events of the viewer, newest first; empty for an admin token without a user.',
  })
  activity(
    @Root() { userId }: ViewerType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'events' }) first: number,
    @After() after: string | null | undefined,
    @OfType() type: RecordedEventType | null | undefined,
  ): Promise<Connection<ActivityType>> {
    return activityOf(context, userId, { first, after, type });
  }

  @FieldResolver(() => [PersonaRecordType], {
    complexity: costOfPage,
    description: "The viewer's persona history, newest first; empty for an admin token without a user.",
  })
  async personaTimeline(
    @Root() { userId }: ViewerType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'steps' }) first: number,
  ): Promise<PersonaRecordType[]> {
    return timelineOf(context, userId, first);
  }

  @FieldResolver(() => [FacetType], {
    complexity: costOfFacets,
    description:
      "The viewer's facets: groups of similar likes, largest first. One facet for a single taste; empty with fewer than five likes, before the first training, and for an admin token without a user.",
  })
  async facets(@Root() { userId }: ViewerType, @Ctx() context: ApiContext): Promise<FacetType[]> {
    return userId === null ? [] : toFacets(context, userId);
  }
}

/** The user to show rows of; null if they are withheld. */
function shownId({ id, isWithheld }: UserType): string | null {
  return isWithheld ? null : id;
}

async function feedbackOf(
  { loaders }: ApiContext,
  userId: string | null,
  first: number,
  after: string | null | undefined,
): Promise<Connection<FeedbackType>> {
  const rows = userId === null ? [] : await loaders.feedback.load(userId);
  const source = {
    listing: { name: 'feedback', filter: { userId } },
    keyOf: (row: { itemId: string }) => row.itemId,
    toNode: toFeedback,
  };
  return connectionOfList(
    rows.filter((row) => row.value !== 0),
    { first, after },
    source,
  );
}

async function activityOf(
  { services }: ApiContext,
  userId: string | null,
  {
    type,
    ...page
  }: { first: number; after: string | null | undefined; type: RecordedEventType | null | undefined },
): Promise<Connection<ActivityType>> {
  const all = userId === null ? [] : await services.events.history(userId);
  const events = type == null ? all : all.filter((event) => event.type === type);
  const source = {
    listing: { name: 'activity', filter: { userId, type: type ?? null } },
    keyOf: (event: { id: string }) => event.id,
    toNode: toActivity,
  };
  return connectionOfList([...events].reverse(), page, source);
}

async function timelineOf(
  context: ApiContext,
  userId: string | null,
  first: number,
): Promise<PersonaRecordType[]> {
  if (userId === null) return [];
  const records = await context.loaders.timelines.load({ userId, first });
  return records.map((record) => toPersonaRecord(context, record));
}
