/**
 * GraphQL over HTTP: authentication and rate limit first, then the body, then Apollo. It bypasses Express, whose routing
 * costs more than executing a query.
 */

import type { IncomingMessage, RequestListener } from 'node:http';

import type { ApolloServer } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';

import type { ApiContext } from '../resolvers/index.js';

import { addressOf } from './addresses.js';
import { admit } from './admission.js';
import type { Answer, EndpointOptions } from './endpoint.js';
import { createEndpoint } from './endpoint.js';
import { isLegacy } from './graphql-http.js';
import { HttpRefusal } from './http-refusal.js';
import type { OperationRequest, ResolveOperation } from './operations.js';
import type { RequestGate } from './request-gate.js';
import type { BodyBudget, BodySource } from './request-body.js';
import { readJson } from './request-body.js';
import { callerOf } from './rate-limits.js';
import { roundedIntegerProblem } from './rounded-integers.js';
import type { Identity } from './tokens.js';

interface GraphQLEndpointOptions extends EndpointOptions {
  readonly apollo: ApolloServer<ApiContext>;
  readonly resolveOperation: ResolveOperation;
  /** Sheds load beyond the server's capacity. */
  readonly gate: RequestGate;
  readonly contextFor: (identity: Identity) => ApiContext;
  readonly bodies: BodyBudget;
}

export function createGraphQLEndpoint(options: GraphQLEndpointOptions): RequestListener {
  return createEndpoint(options, 'GET, POST', (request) => answer(request, options));
}

async function answer(request: IncomingMessage, options: GraphQLEndpointOptions): Promise<Answer> {
  const identity = await admit(request, options);
  const body =
    request.method === 'POST'
      ? withRegisteredText(
          request,
          await readJson(sourceOf(request, identity, options), options.bodies),
          options.resolveOperation,
        )
      : undefined;
  const search =
    request.method === 'GET'
      ? searchWithRegisteredText(request, options.resolveOperation)
      : searchOf(request.url ?? '');
  refuseRounded(body, search);
  // Only after the body has arrived: slow uploads must not occupy a slot.
  if (!(await options.gate.enter())) {
    options.metrics.recordRefusal('overload');
    throw OVERLOADED;
  }
  try {
    const {
      status = 200,
      headers,
      body: answered,
    } = await options.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method ?? '', headers: headerMapOf(request), search, body },
      context: async () => options.contextFor(identity),
    });
    if (answered.kind !== 'complete') throw new Error('Incremental delivery is not supported.');
    return { status, headers: Object.fromEntries(headers), body: answered.string };
  } finally {
    options.gate.leave();
  }
}

const OVERLOADED = new HttpRefusal(
  503,
  'OVERLOADED',
  'The server has more requests than it can serve; try again in a second.',
  { headers: { 'retry-after': '1' }, extensions: { retriable: true } },
);

/** Throws HttpRefusal if JSON.parse rounded an integer among the variables. */
function refuseRounded(body: unknown, search: string): void {
  const sent =
    typeof body === 'object' && body !== null
      ? (body as { variables?: unknown }).variables
      : parsedOrNull(new URLSearchParams(search).get('variables'));
  const problem = roundedIntegerProblem(sent);
  if (problem !== null) throw new HttpRefusal(400, 'BAD_USER_INPUT', problem);
}

function sourceOf(
  request: IncomingMessage,
  identity: Identity,
  { trustedProxies }: GraphQLEndpointOptions,
): BodySource {
  const { role } = identity.viewer;
  const isAnonymous = role === 'anonymous' || role === 'guest';
  const caller = isAnonymous ? addressOf(request, trustedProxies) : callerOf(identity);
  return { request, caller, isAnonymous };
}

/** Replaces the hash of a registered operation in the body by its text. */
function withRegisteredText(request: IncomingMessage, body: unknown, resolve: ResolveOperation): unknown {
  // Apollo reports malformed bodies.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const named = body as OperationRequest & { extensions?: { persistedQuery?: unknown } | null };
  const text = checked(request, resolve(named));
  if (named.extensions?.persistedQuery === undefined) return text === null ? body : { ...body, query: text };
  const { extensions: _resolved, ...rest } = named;
  return text === null ? rest : { ...rest, query: text };
}

/** The same for a GET. Apollo accepts only queries there, with its CSRF prevention. */
function searchWithRegisteredText(request: IncomingMessage, resolve: ResolveOperation): string {
  const search = searchOf(request.url ?? '');
  const params = new URLSearchParams(search);
  const extensions = parsedOrNull(params.get('extensions')) as { persistedQuery?: unknown } | null;
  const query = params.get('query');
  const text = checked(request, resolve({ query, documentId: params.get('documentId'), extensions }));
  if (extensions?.persistedQuery === undefined && text === query) return search;
  if (extensions?.persistedQuery !== undefined) params.delete('extensions');
  if (text !== null) params.set('query', text);
  return `?${params.toString()}`;
}

/** Parses a JSON object in the query; null if missing or malformed, which Apollo reports. */
function parsedOrNull(json: string | null): object | null {
  try {
    const value: unknown = JSON.parse(json ?? 'null');
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function checked(request: IncomingMessage, text: string | null | GraphQLError): string | null {
  if (!(text instanceof GraphQLError)) return text;
  throw new HttpRefusal(
    isLegacy(request.headers.accept) ? 200 : 400,
    String(text.extensions['code']),
    text.message,
  );
}

function headerMapOf({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) map.set(name, String(headers[name]));
  return map;
}

function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}
