/** Errors of requests and subscriptions. */

/** An entry of `errors` in a GraphQL response. */
export interface GraphQLFailure {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly retriable?: boolean };
}

/** The server answered with GraphQL errors. */
export class RequestFailedError extends Error {
  constructor(readonly errors: readonly GraphQLFailure[]) {
    super(errors[0]?.message ?? 'The server answered without data.');
  }

  /** The stable code of the first error. */
  get code(): string | null {
    return this.errors[0]?.extensions?.code ?? null;
  }
}

/** Codes that a retry cannot fix: the request itself is refused. */
const FINAL_CODES: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INVALID_INPUT',
  'PERSISTED_QUERY_REQUIRED',
  'QUERY_TOO_COMPLEX',
  'TOO_MANY_SUBSCRIPTIONS',
  'UNAUTHENTICATED',
]);

/** The final error of a request or subscription; null if a retry may help. */
export function finalRefusal(reason: unknown): RequestFailedError | null {
  const error = Array.isArray(reason) ? new RequestFailedError(reason) : reason;
  return error instanceof RequestFailedError && FINAL_CODES.has(error.code) ? error : null;
}
