/** Users, the viewer, and what hangs on them. */

import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';

import type { ActivityType, Connection, FeedbackType } from '../../schema/index.js';
import {
  ActivityConnectionType,
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
import { ForbiddenError, WithheldError } from '../domain/index.js';

import { Access, subjectOf } from './access.js';
import { After, costOfPage, costOfRanking, costOfRows, First } from './arguments.js';
import { connectionOfList, connectionOfPage } from './connection.js';
import type { ApiContext } from './context.js';
import { decodeCursor } from './cursor.js';
import { toActivity, toFeedback, toPersonaRecord, toRecommendationList, toUser } from './views.js';

@Resolver()
export class UserResolver {
  @Access('user')
  @Query(() => ViewerType, { description: 'Who asks.' })
  async me(@Ctx() context: ApiContext): Promise<ViewerType> {
    const { role, userId } = context.viewer;
    if (role === 'anonymous') throw new ForbiddenError('Nobody is signed in.');
    const user = userId === null ? null : await context.loaders.users.load(userId);
    const known = user === null ? null : toUser(context, user);
    return { role, userId, user: known, persona: known?.persona ?? null };
  }

  @Access('user')
  @Query(() => UserType, { nullable: true, description: 'One user; null when nothing is known of this id.' })
  async user(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: 'The pseudonym; a user token may name its own only.' }) id: string,
  ): Promise<UserType | null> {
    const user = await context.loaders.users.load(subjectOf(context.viewer, id));
    return user === null ? null : toUser(context, user);
  }

  @Access('admin')
  @Query(() => UserConnectionType, {
    complexity: costOfPage,
    description:
      'All users, in the order of ids. Under differential privacy their rows are withheld, and `personaId` is refused with the code WITHHELD.',
  })
  async users(
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'users' }) first: number,
    @After() after: string | null | undefined,
    @Arg('personaId', () => ID, { nullable: true, description: 'Only users with this persona.' })
    personaId: string | null | undefined,
  ): Promise<Connection<UserType>> {
    if (personaId != null && context.services.privacy.isEnabled) {
      throw new WithheldError(
        'Differential privacy is on: users cannot be listed by persona, which would count them. Leave `personaId` out.',
      );
    }
    const listing = { name: 'users', filter: { personaId } };
    const page = await context.services.users.users({
      first,
      after: decodeCursor(listing, after),
      personaId,
    });
    return connectionOfPage(page, after, {
      listing,
      keyOf: (user) => user.userId,
      toNode: (user) => toUser(context, user),
    });
  }
}

/** Reached through a user or viewer only, so whoever gets here has been authorised. */
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
    description: 'How the persona changed, newest first.',
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
      'Every behavioural feature as it stands now, in plain units; empty before the first training. Compare with the centroid of a persona.',
  })
  async behaviour(@Root() user: UserType, @Ctx() { services }: ApiContext): Promise<FeatureValueType[]> {
    return user.isWithheld ? [] : services.corrections.behaviour(user.id);
  }

  @FieldResolver(() => PersonaEvidenceType, {
    nullable: true,
    complexity: costOfRows(1),
    description: 'How much behaviour there is to tell a persona from; null where `isWithheld`.',
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
      'What sets the persona apart, strongest first: the user beside the users of the persona and beside all users. Empty without a persona.',
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
    description: 'Everything that is recorded, newest first.',
  })
  activity(
    @Root() user: UserType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'events' }) first: number,
    @After() after: string | null | undefined,
  ): Promise<Connection<ActivityType>> {
    return activityOf(context, shownId(user), first, after);
  }

  @FieldResolver(() => RecommendationListType, {
    complexity: costOfRanking,
    description: 'What to show this user, best first.',
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

/** The same for a viewer, who may have thumbs before the system has a user. */
@Resolver(() => ViewerType)
export class ViewerFieldsResolver {
  @FieldResolver(() => PersonaEvidenceType, {
    nullable: true,
    description:
      'How much behaviour of the viewer there is to tell a persona from; null for an admin token without a user.',
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
    description:
      'Everything that is recorded of the viewer, newest first; empty for an admin token without a user.',
  })
  activity(
    @Root() { userId }: ViewerType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'events' }) first: number,
    @After() after: string | null | undefined,
  ): Promise<Connection<ActivityType>> {
    return activityOf(context, userId, first, after);
  }

  @FieldResolver(() => [PersonaRecordType], {
    complexity: costOfPage,
    description: "How the viewer's persona changed, newest first; empty for an admin token without a user.",
  })
  async personaTimeline(
    @Root() { userId }: ViewerType,
    @Ctx() context: ApiContext,
    @First({ defaultValue: 20, max: 100, what: 'steps' }) first: number,
  ): Promise<PersonaRecordType[]> {
    return timelineOf(context, userId, first);
  }
}

/** Whose rows are shown; null for none. */
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
  first: number,
  after: string | null | undefined,
): Promise<Connection<ActivityType>> {
  const events = userId === null ? [] : await services.events.history(userId);
  const source = {
    listing: { name: 'activity', filter: { userId } },
    keyOf: (event: { id: string }) => event.id,
    toNode: toActivity,
  };
  return connectionOfList([...events].reverse(), { first, after }, source);
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
