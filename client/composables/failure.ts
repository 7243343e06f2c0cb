/** What went wrong with a request, in the four kinds a page has something different to say about. */

/**
 * `network`: no answer. `refused`: the viewer may not. `busy`: the same request may succeed in a moment. `fault`: all else.
 */
export type FailureKind = 'network' | 'refused' | 'busy' | 'fault';

export interface Failure {
  readonly kind: FailureKind;
  /** The server's own words, where it had any. */
  readonly message: string | null;
  /** What an operator finds the failure by in the log. */
  readonly reference: string | null;
}

interface GraphQLErrorLike {
  readonly message: string;
  readonly extensions?: Record<string, unknown>;
}

/** The part of an ApolloError that is read. */
export interface RequestErrorLike {
  readonly graphQLErrors?: readonly GraphQLErrorLike[];
  readonly networkError?: unknown;
}

/** Sorts what a request was rejected with. */
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

/** True when the server said that it does not know who asks. */
export function isUnauthenticated(errors: readonly GraphQLErrorLike[] | undefined): boolean {
  return errors?.some((error) => error.extensions?.['code'] === 'UNAUTHENTICATED') ?? false;
}

/** True for an answer that will be the same next time, so that repeating the request is of no use. */
export function isFinal(networkError: unknown): boolean {
  const status = statusOf(networkError);
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The HTTP status of an answer that was no GraphQL answer; null where there was no answer at all. */
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
