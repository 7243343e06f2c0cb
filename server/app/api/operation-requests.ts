/** Puts the text of a registered operation where a request over HTTP named it by its hash, before Apollo reads it. */

import type { Request, RequestHandler } from 'express';
import { GraphQLError } from 'graphql';

import type { OperationRequest, ResolveOperation } from './operations.js';

/** True for a client of before the GraphQL-over-HTTP specification: it gets 200 for every well-formed request. */
export function isLegacy(accept: string | undefined): boolean {
  return (
    accept !== undefined &&
    accept.includes('application/json') &&
    !accept.includes('application/graphql-response+json')
  );
}

export function namedOperations(resolveOperation: ResolveOperation): RequestHandler {
  return (request, response, next) => {
    const named = requestOf(request);
    if (named === null) return next();
    const text = resolveOperation(named);
    if (text instanceof GraphQLError) {
      response.status(isLegacy(request.headers.accept) ? 200 : 400).json({ errors: [text.toJSON()] });
      return;
    }
    if (text !== null && text !== named.query) request.body = { ...request.body, query: text };
    if (request.body?.extensions?.persistedQuery !== undefined) {
      const { extensions: _resolved, ...rest } = request.body;
      request.body = rest;
    }
    next();
  };
}

/** Null where there is nothing to read; Apollo says what is wrong with it. */
function requestOf(request: Request): OperationRequest | null {
  // A GET names no operation by hash: its text is all that is looked at.
  if (request.method === 'GET')
    return { query: new URL(request.url, 'http://here').searchParams.get('query') };
  const { body } = request;
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : null;
}
