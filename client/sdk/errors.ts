/** What goes wrong between a frontend and the server. */

/** One error of an answer. */
export interface GraphQLFailure {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly retriable?: boolean };
}

/** The server answered, and the answer holds errors. */
export class RequestFailedError extends Error {
  constructor(readonly errors: readonly GraphQLFailure[]) {
    super(errors[0]?.message ?? 'The server answered without data.');
  }

  /** The stable code of the first error. */
  get code(): string | null {
    return this.errors[0]?.extensions?.code ?? null;
  }
}

/** Asking again cannot help: the request itself is refused. */
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

/** The refusal in what a request or a subscription ended with; null where trying again may help. */
export function finalRefusal(reason: unknown): RequestFailedError | null {
  const error = Array.isArray(reason) ? new RequestFailedError(reason) : reason;
  return error instanceof RequestFailedError && FINAL_CODES.has(error.code) ? error : null;
}
