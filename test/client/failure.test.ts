import { describe, expect, it } from 'vitest';

import { failureOf, isFinal, isUnauthenticated } from '../../client/composables/failure.js';

const graphQL = (extensions: Record<string, unknown>) => ({
  graphQLErrors: [{ message: 'Words.', extensions }],
});

describe('A failure', () => {
  it('is a network failure if there was no answer', () => {
    expect(failureOf({ graphQLErrors: [], networkError: new TypeError('Failed to fetch') })).toEqual({
      kind: 'network',
      message: null,
      reference: null,
    });
  });

  it('is classified by the error code of the server', () => {
    expect(failureOf(graphQL({ code: 'DATABASE_UNAVAILABLE', retriable: true })).kind).toBe('busy');
    expect(failureOf(graphQL({ code: 'FORBIDDEN' })).kind).toBe('refused');
    expect(failureOf(graphQL({ code: 'INVALID_INPUT' }))).toEqual({
      kind: 'fault',
      message: 'Words.',
      reference: null,
    });
  });

  it('keeps the reference for the log of the server', () => {
    expect(failureOf(graphQL({ code: 'INTERNAL_SERVER_ERROR', reference: 'r-1' })).reference).toBe('r-1');
  });

  it('is classified by the HTTP status if the answer was not GraphQL', () => {
    const kindOf = (statusCode: number) => failureOf({ networkError: { statusCode } }).kind;
    expect([401, 403, 404, 429, 502, 503].map(kindOf)).toEqual([
      'refused',
      'refused',
      'fault',
      'busy',
      'network',
      'busy',
    ]);
  });

  it('is final only if the same request would fail again', () => {
    expect([400, 401, 404].every((statusCode) => isFinal({ statusCode }))).toBe(true);
    expect([408, 429, 500, 503].some((statusCode) => isFinal({ statusCode }))).toBe(false);
    expect(isFinal(new TypeError('Failed to fetch'))).toBe(false);
  });

  it('ends the session only if the server rejects the token', () => {
    expect(isUnauthenticated(graphQL({ code: 'UNAUTHENTICATED' }).graphQLErrors)).toBe(true);
    expect(isUnauthenticated(graphQL({ code: 'FORBIDDEN' }).graphQLErrors)).toBe(false);
    expect(isUnauthenticated(undefined)).toBe(false);
  });
});
