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
  isStaff,
  MAX_ID_CHARACTERS,
  UnauthenticatedError,
} from '../domain/index.js';

import type { ApiContext } from './context.js';

/**
 * `public`: no sign-in required; `guest`: publishable keys, and all below; `user`: a user, for itself, and admins;
 * `admin`: admins. What admins may read, viewers may read too; no mutation is open to viewers.
 */
type AccessLevel = 'public' | 'guest' | 'user' | 'admin';

const READING: Readonly<Record<AccessLevel, string>> = {
  public: 'Access: public, no token required.',
  guest: 'Access: a publishable key or a user token (for itself), an admin or a viewer.',
  user: 'Access: a user token (for itself), an admin or a viewer.',
  admin: 'Access: an admin or a viewer.',
};
const CHANGING: Readonly<Record<AccessLevel, string>> = {
  public: 'Access: public, no token required.',
  guest: 'Access: a publishable key or a user token (for itself), or an admin.',
  user: 'Access: a user token (for itself) or an admin.',
  admin: 'Access: an admin.',
};

/** Declares the access to a root field. */
export const Access = (access: AccessLevel): MethodDecorator & PropertyDecorator => Extensions({ access });

/** Throws UnauthenticatedError or ForbiddenError unless the viewer reaches the level. */
function authorize({ role }: Viewer, access: AccessLevel, isChange: boolean): void {
  if (access === 'public') return;
  if (role === 'anonymous') throw new UnauthenticatedError('Sign in first: this needs a token.');
  if (role === 'guest' && access !== 'guest')
    throw new ForbiddenError(
      'A publishable key reads the recommendations of its visitor and sends thumbs and events, and nothing else.',
    );
  if (isChange && role === 'viewer') throw new ForbiddenError('A viewer may change nothing.');
  if (access === 'admin' && !isStaff(role)) throw new ForbiddenError('Only an admin may do this.');
}

/**
 * The user a request is about: a user and a guest may omit the id and act for themselves; admins and viewers may give any
 * user. Throws ForbiddenError for a different user's id, InvalidInputError if an admin gives no user or a raw id.
 */
export function subjectOf(viewer: Viewer, userId: string | null | undefined): string {
  authorize(viewer, 'guest', false);
  const subject = userId ?? viewer.userId;
  if (subject === null)
    throw new InvalidInputError('A userId is required: this token does not belong to a user.', 'userId');
  if (!isStaff(viewer.role) && subject !== viewer.userId) {
    throw new ForbiddenError('A user token and a publishable key act for their own user only.');
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

/** Cursors and addresses may be longer; they have limits of their own. */
const UNBOUNDED = new Set(['after', 'url']);

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
      const isChange = root === schema.getMutationType();
      const check = (viewer: Viewer) => authorize(viewer, access, isChange);
      field.resolve = guarded(check, field.resolve ?? defaultFieldResolver);
      if (field.subscribe !== undefined) field.subscribe = guarded(check, field.subscribe);
      field.description = `${field.description ?? ''} ${(isChange ? CHANGING : READING)[access]}`;
    }
  }
  return schema;
}

function guarded(
  check: (viewer: Viewer) => void,
  next: GraphQLFieldResolver<unknown, ApiContext>,
): GraphQLFieldResolver<unknown, ApiContext> {
  return (source, args, context, info) => {
    check(context.viewer);
    checkLengths(args as Record<string, unknown>);
    return next(source, args, context, info);
  };
}
