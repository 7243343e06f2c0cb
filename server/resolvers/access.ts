/**
 * Who may ask what. Deny by default: every root field declares its access, a schema with an undeclared one is not
 * built, and the check stands in front of `resolve` and of `subscribe` alike, on HTTP and on WebSocket.
 */

import type { GraphQLField, GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { defaultFieldResolver } from 'graphql';
import { Extensions } from 'type-graphql';

import type { Viewer } from '../domain/index.js';
import {
  ForbiddenError,
  InvalidInputError,
  isPseudonym,
  MAX_ID_CHARACTERS,
  UnauthenticatedError,
} from '../domain/index.js';

import type { ApiContext } from './context.js';

/** `public`: anybody; `user`: any valid token, for itself; `admin`: an admin token. */
export type AccessLevel = 'public' | 'user' | 'admin';

const WORDING: Readonly<Record<AccessLevel, string>> = {
  public: 'Access: anybody.',
  user: 'Access: a user token (for itself) or an admin token.',
  admin: 'Access: an admin token.',
};

/** Declares who may use a root field. */
export const Access = (access: AccessLevel): MethodDecorator & PropertyDecorator => Extensions({ access });

/** Throws UnauthenticatedError or ForbiddenError unless the viewer reaches the level. */
export function authorize(viewer: Viewer, access: AccessLevel): void {
  if (access === 'public') return;
  if (viewer.role === 'anonymous') throw new UnauthenticatedError('Sign in first: this needs a token.');
  if (access === 'admin' && viewer.role !== 'admin') throw new ForbiddenError('Only an admin may do this.');
}

/**
 * The user a request is about: a user token stands for itself and may leave the id out; an admin token names anyone.
 * Throws ForbiddenError for another user's id, InvalidInputError when an admin names nobody or uses a raw id.
 */
export function subjectOf(viewer: Viewer, userId: string | null | undefined): string {
  authorize(viewer, 'user');
  const subject = userId ?? viewer.userId;
  if (subject === null)
    throw new InvalidInputError('A userId is required: this token does not belong to a user.', 'userId');
  if (viewer.role !== 'admin' && subject !== viewer.userId) {
    throw new ForbiddenError('A user token acts for its own user only.');
  }
  if (!isPseudonym(subject)) {
    throw new InvalidInputError(
      'A user is named by the pseudonym, 64 hexadecimal digits, never by a raw id.',
      'userId',
    );
  }
  return subject;
}

/** True when differential privacy keeps the rows of this user from the viewer: they are another user's. */
export function isWithheld({ viewer, services }: ApiContext, userId: string): boolean {
  return services.privacy.isEnabled && viewer.userId !== userId;
}

/** A cursor may be longer; `decodeCursor` has a bound of its own. */
const UNBOUNDED = new Set(['after']);

/** Throws InvalidInputError for an argument that is a longer text than any id or name of this schema. */
function checkLengths(args: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string' && value.length > MAX_ID_CHARACTERS && !UNBOUNDED.has(name))
      throw new InvalidInputError(`"${name}" may have ${MAX_ID_CHARACTERS} characters at most.`, name);
  }
}

/** Puts the declared check in front of every root field and writes it into the description. Throws if one has none. */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root == null) continue;
    for (const field of Object.values(root.getFields()) as GraphQLField<unknown, ApiContext>[]) {
      const access = field.extensions['access'] as AccessLevel | undefined;
      if (access === undefined) throw new Error(`${root.name}.${field.name} does not declare its access.`);
      field.resolve = guarded(access, field.resolve ?? defaultFieldResolver);
      if (field.subscribe !== undefined) field.subscribe = guarded(access, field.subscribe);
      field.description = `${field.description ?? ''} ${WORDING[access]}`;
    }
  }
  return schema;
}

function guarded(
  access: AccessLevel,
  next: GraphQLFieldResolver<unknown, ApiContext>,
): GraphQLFieldResolver<unknown, ApiContext> {
  return (source, args, context, info) => {
    authorize(context.viewer, access);
    checkLengths(args as Record<string, unknown>);
    return next(source, args, context, info);
  };
}
