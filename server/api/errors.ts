/**
 * Formats errors for callers. Named errors keep their message and stable code; unexpected errors are logged once, here,
 * and shown as "Internal server error" with a reference to the log entry.
 */

import { randomUUID } from 'node:crypto';

import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError, Kind } from 'graphql';

import type { Logger } from '../domain/index.js';
import { DatabaseUnavailableError, InvalidInputError, SmartPersonaError } from '../domain/index.js';

/** Codes of errors in the request itself; their messages come from the GraphQL library and are safe to show. */
const REQUEST_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'QUERY_TOO_COMPLEX',
  'SUBSCRIPTIONS_ONLY',
  'TOO_MANY_SUBSCRIPTIONS',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_MISMATCH',
  'PERSISTED_QUERY_REQUIRED',
]);

/** Converts an error of a request to the response. */
export type FormatError = (error: unknown) => GraphQLFormattedError;

/** `onFault` is called for each error that is the server's fault: an unexpected error, or an unreachable database. */
export function createFormatError(log: Logger, onFault: () => void = () => undefined): FormatError {
  return (error) => {
    const { locations, path } = error instanceof GraphQLError ? error.toJSON() : {};
    const where = { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
    const cause = rootOf(error);
    if (cause instanceof DatabaseUnavailableError) onFault();
    if (cause instanceof SmartPersonaError)
      return { message: cause.message, ...where, extensions: extensionsOf(cause) };

    const code = requestCodeOf(cause);
    if (code !== null) {
      return { message: withoutSuggestions((cause as GraphQLError).message), ...where, extensions: { code } };
    }
    onFault();
    const reference = randomUUID();
    log.error({ err: cause, reference, path }, 'unexpected error in a request');
    return {
      message: 'Internal server error',
      ...where,
      extensions: { code: 'INTERNAL_SERVER_ERROR', reference },
    };
  };
}

/** The extensions of a named error. */
function extensionsOf(error: SmartPersonaError): Record<string, unknown> {
  return {
    code: error.code,
    ...(error instanceof InvalidInputError && error.field !== null ? { field: error.field } : {}),
    ...(error.isRetriable ? { retriable: true } : {}),
  };
}

/** Unwraps the error thrown by a resolver from the errors of the GraphQL library. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError !== undefined && requestCodeOf(root) === null) {
    root = root.originalError;
  }
  return root;
}

/** The code of an error in the request itself; else null. */
function requestCodeOf(error: unknown): string | null {
  if (!(error instanceof GraphQLError)) return null;
  const { code } = error.extensions;
  if (REQUEST_CODES.has(code)) return code as string;
  // An argument that is null because of a variable fails during execution; the library sets its node but no code.
  const isAboutAnArgument = error.nodes?.[0] !== undefined && error.nodes[0].kind !== Kind.FIELD;
  return isAboutAnArgument && error.originalError === undefined ? 'BAD_USER_INPUT' : null;
}

/** Removes suggestions, which would disclose names of the schema. */
function withoutSuggestions(message: string): string {
  return message.replace(/\s*Did you mean .*\?/gs, '');
}
