/**
 * GraphQL over HTTP: authentication and rate limit first, then the body, then Apollo. It bypasses Express, whose routing
 * costs more than executing a query.
 */

import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http';

import type { ApolloServer } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';

import type { Logger, Viewer } from '../domain/index.js';
import type { ApiContext } from '../resolvers/index.js';

import { addressOf, crossOriginHeaders } from './addresses.js';
import type { AdmissionOptions } from './admission.js';
import { admit, refusalOf } from './admission.js';
import { createFormatError } from './errors.js';
import { isLegacy } from './graphql-http.js';
import { HttpRefusal } from './http-refusal.js';
import { sendWhole } from './last-answer.js';
import type { OperationRequest, ResolveOperation } from './operations.js';
import type { RequestGate } from './request-gate.js';
import type { BodyBudget, BodySource } from './request-body.js';
import { readJson } from './request-body.js';
import { roundedIntegerProblem } from './rounded-integers.js';
import type { Headers } from './security-headers.js';

interface EndpointOptions extends AdmissionOptions {
  readonly apollo: ApolloServer<ApiContext>;
  readonly resolveOperation: ResolveOperation;
  /** Sheds load beyond the server's capacity. */
  readonly gate: RequestGate;
  readonly contextFor: (viewer: Viewer) => ApiContext;
  readonly allowedOrigins: readonly string[];
  readonly bodies: BodyBudget;
  /** Sent with every response. */
  readonly headers: Headers;
  readonly log: Logger;
}

interface Answer {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: string;
}

export function createGraphQLEndpoint(options: EndpointOptions): RequestListener {
  const formatError = createFormatError(options.log);
  const failed = (error: unknown): Answer => {
    const refusal = refusalOf(error);
    const { headers = {} } = refusal?.more ?? {};
    return {
      status: refusal?.status ?? 500,
      headers: [['content-type', 'application/json; charset=utf-8'], ...Object.entries(headers)],
      body: JSON.stringify({ errors: [refusal ?? formatError(error)] }),
    };
  };
  return (request, response) => {
    const startedAt = performance.now();
    void answer(request, options)
      .catch(failed)
      .then(({ status, headers, body }) => {
        const all: OutgoingHttpHeaders = {
          ...options.headers,
          ...crossOriginHeaders(request, options.allowedOrigins),
        };
        for (const [name, value] of headers) all[name] = value;
        sendWhole(request, response, { status, headers: all, body });
        options.metrics.recordRequest(status, (performance.now() - startedAt) / 1_000);
      });
  };
}

async function answer(request: IncomingMessage, options: EndpointOptions): Promise<Answer> {
  if (request.method === 'OPTIONS') return preflightOf(request);
  const viewer = await admit(request, options);
  const body =
    request.method === 'POST'
      ? withRegisteredText(
          request,
          await readJson(sourceOf(request, viewer, options), options.bodies),
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
      context: async () => options.contextFor(viewer),
    });
    if (answered.kind !== 'complete') throw new Error('Incremental delivery is not supported.');
    return { status, headers, body: answered.string };
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

/** Allows all requested headers: clients and tracers may add headers that the server cannot list. */
function preflightOf({ headers }: IncomingMessage): Answer {
  const requested = headers['access-control-request-headers'];
  return {
    status: 204,
    headers: [
      ['access-control-allow-methods', 'GET, POST'],
      ...(requested === undefined ? [] : [['access-control-allow-headers', requested] as const]),
      ['access-control-max-age', '600'],
      ['vary', 'Origin, Access-Control-Request-Headers'],
    ],
    body: '',
  };
}

function sourceOf(
  request: IncomingMessage,
  { role, userId }: Viewer,
  { trustedProxies }: EndpointOptions,
): BodySource {
  const isAnonymous = role === 'anonymous';
  const caller = isAnonymous ? addressOf(request, trustedProxies) : `${role}:${userId ?? ''}`;
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
