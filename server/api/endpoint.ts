/** The frame of an HTTP endpoint: preflights, common headers, errors as JSON, and request counts. */

import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http';

import type { Logger } from '../domain/index.js';

import { crossOriginHeaders } from './addresses.js';
import type { AdmissionOptions } from './admission.js';
import { refusalOf } from './admission.js';
import { createFormatError } from './errors.js';
import { sendWhole } from './last-answer.js';
import type { Headers } from './security-headers.js';

export interface EndpointOptions extends AdmissionOptions {
  readonly allowedOrigins: readonly string[];
  /** The origins of publishable keys, which may change. */
  readonly keyOrigins: () => readonly string[];
  /** Sent with every response. */
  readonly headers: Headers;
  readonly log: Logger;
}

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Uint8Array;
}

/** `methods` are allowed across origins. Errors of `answer` are reported as GraphQL reports them. */
export function createEndpoint(
  options: EndpointOptions,
  methods: string,
  answer: (request: IncomingMessage) => Promise<Answer>,
): RequestListener {
  const formatError = createFormatError(options.log);
  const failed = (error: unknown): Answer => {
    const refusal = refusalOf(error);
    return {
      status: refusal?.status ?? 500,
      headers: { 'content-type': 'application/json; charset=utf-8', ...refusal?.more.headers },
      body: JSON.stringify({ errors: [refusal ?? formatError(error)] }),
    };
  };
  const answerOf = async (request: IncomingMessage): Promise<Answer> =>
    request.method === 'OPTIONS'
      ? { status: 204, headers: preflightHeaders(request, methods), body: '' }
      : answer(request);
  return (request, response) => {
    const startedAt = performance.now();
    void answerOf(request)
      .catch(failed)
      .then(({ status, headers: own, body }) => {
        const origins = [...options.allowedOrigins, ...options.keyOrigins()];
        const headers = { ...options.headers, ...crossOriginHeaders(request, origins), ...own };
        sendWhole(request, response, { status, headers, body });
        options.metrics.recordRequest(status, (performance.now() - startedAt) / 1_000);
      });
  };
}

/** Allows all requested headers: clients and tracers may add headers that the server cannot list. */
function preflightHeaders({ headers }: IncomingMessage, methods: string): OutgoingHttpHeaders {
  const requested = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': methods,
    ...(requested !== undefined && { 'access-control-allow-headers': requested }),
    'access-control-max-age': '600',
    vary: 'Origin, Access-Control-Request-Headers',
  };
}
