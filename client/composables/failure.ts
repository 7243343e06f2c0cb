/** Failures of requests, in the four kinds that pages show differently. */

/**
 * `network`: no answer. `refused`: no permission. `busy`: a retry may succeed in a moment. `fault`: everything else.
 */
export type FailureKind = 'network' | 'refused' | 'busy' | 'fault';

export interface Failure {
  readonly kind: FailureKind;
  /** The message of the server, if any. */
  readonly message: string | null;
  /** The reference of the failure in the log of the server. */
  readonly reference: string | null;
}

interface GraphQLErrorLike {
  readonly message: string;
  readonly extensions?: Record<string, unknown>;
}

/** The part of `ApolloError` that is used. */
export interface RequestErrorLike {
  readonly graphQLErrors?: readonly GraphQLErrorLike[];
  readonly networkError?: unknown;
}

/** Classifies the error of a request. */
export function failureOf(error: RequestErrorLike): Failure {
  const [first] = error.graphQLErrors ?? [];
  if (first === undefined) return { kind: kindOfStatus(error.networkError), message: null, reference: null };
  const { code, retriable, reference } = first.extensions ?? {};
  return {
    kind: kindOf(code, retriable === true),
    message: first.message,
    reference: typeof reference === 'string' ? reference : null,
  };
}

/** True if the server reports a missing or invalid token. */
export function isUnauthenticated(errors: readonly GraphQLErrorLike[] | undefined): boolean {
  return errors?.some((error) => error.extensions?.['code'] === 'UNAUTHENTICATED') ?? false;
}

/** True if the answer would be the same again, so that a retry is useless. */
export function isFinal(networkError: unknown): boolean {
  const status = statusOf(networkError);
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The HTTP status of an answer that was not GraphQL; null if there was no answer. */
export function statusOf(networkError: unknown): number | null {
  return (networkError as { statusCode?: number } | null | undefined)?.statusCode ?? null;
}

function kindOfStatus(networkError: unknown): FailureKind {
  const status = statusOf(networkError);
  if (status === 401 || status === 403) return 'refused';
  if (status === 429 || status === 503) return 'busy';
  return isFinal(networkError) ? 'fault' : 'network';
}

function kindOf(code: unknown, isRetriable: boolean): FailureKind {
  if (code === 'FORBIDDEN' || code === 'UNAUTHENTICATED') return 'refused';
  return isRetriable ? 'busy' : 'fault';
}
