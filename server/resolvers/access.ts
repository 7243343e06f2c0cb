/**
 * Access control. Denies by default: every root field declares its access, a schema with an undeclared field is not
 * built, and the check runs before `resolve` and `subscribe` alike, on HTTP and on WebSocket.
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

/** `public`: no token required; `user`: any valid token, for its own user; `admin`: an admin token. */
type AccessLevel = 'public' | 'user' | 'admin';

const WORDING: Readonly<Record<AccessLevel, string>> = {
  public: 'Access: public, no token required.',
  user: 'Access: a user token (for itself) or an admin token.',
  admin: 'Access: an admin token.',
};

/** Declares the access to a root field. */
export const Access = (access: AccessLevel): MethodDecorator & PropertyDecorator => Extensions({ access });

/** Throws UnauthenticatedError or ForbiddenError unless the viewer reaches the level. */
function authorize(viewer: Viewer, access: AccessLevel): void {
  if (access === 'public') return;
  if (viewer.role === 'anonymous') throw new UnauthenticatedError('Sign in first: this needs a token.');
  if (access === 'admin' && viewer.role !== 'admin') throw new ForbiddenError('Only an admin may do this.');
}

/**
 * The user a request is about: a user token may omit the id and acts for its own user; an admin token may give any
 * user. Throws ForbiddenError for a different user's id, InvalidInputError if an admin gives no user or a raw id.
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
    throw new InvalidInputError('A userId is a pseudonym of 64 hexadecimal digits, not a raw id.', 'userId');
  }
  return subject;
}

/**
 * True if differential privacy withholds the rows of this user from the viewer, because they are a different user's.
 */
export function isWithheld({ viewer, services }: ApiContext, userId: string): boolean {
  return services.privacy.isEnabled && viewer.userId !== userId;
}

/** A cursor may be longer; `decodeCursor` has its own limit. */
const UNBOUNDED = new Set(['after']);

/** Throws InvalidInputError for a text argument longer than any id or name of this schema. */
function checkLengths(args: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string' && value.length > MAX_ID_CHARACTERS && !UNBOUNDED.has(name))
      throw new InvalidInputError(`"${name}" may have ${MAX_ID_CHARACTERS} characters at most.`, name);
  }
}

/**
 * Wraps every root field in its declared check and adds the access to its description. Throws if a field declares none.
 */
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
