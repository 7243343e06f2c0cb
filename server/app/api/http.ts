/** The Express application: security headers, identity and rate first, then GraphQL, health, metrics and the client. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express';
import express from 'express';
import helmet from 'helmet';

import type { Logger, Viewer } from '../../domain/index.js';
import { DatabaseUnavailableError, SmartPersonaError, UnauthenticatedError } from '../../domain/index.js';
import type { ApiContext } from '../../resolvers/index.js';

import { addressOf, isOriginAllowed } from './addresses.js';
import type { Authenticator } from './authenticator.js';
import { bearerToken } from './authenticator.js';
import { createFormatError, extensionsOf } from './errors.js';
import type { ApiMetrics } from './metrics.js';
import { namedOperations } from './operation-requests.js';
import type { ResolveOperation } from './operations.js';
import type { RateGuard } from './rate-limits.js';

export interface HttpOptions {
  readonly path: string;
  readonly apollo: ApolloServer<ApiContext>;
  readonly authenticator: Authenticator;
  readonly rateGuard: RateGuard;
  readonly resolveOperation: ResolveOperation;
  readonly contextFor: (viewer: Viewer) => ApiContext;
  readonly metrics: ApiMetrics;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: number;
  /** Bytes of one request body. */
  readonly maxBodyBytes: number;
  /** The built client; null serves none. */
  readonly clientDir: string | null;
  /** Rejects when the server cannot serve: the database is away, or nothing is trained. */
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

export interface Readiness {
  readonly isReady: boolean;
  readonly database: 'up' | 'down';
  readonly modelVersion: number | null;
}

export function createHttpApp(options: HttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders());
  app.use(
    options.path,
    crossOrigin(options.allowedOrigins),
    measure(options.metrics),
    identify(options),
    express.json({ limit: options.maxBodyBytes, strict: false }),
    namedOperations(options.resolveOperation),
    expressMiddleware(options.apollo, { context: async ({ res }) => options.contextFor(viewerOf(res)) }),
  );
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const readiness = await options.readiness();
    response.status(readiness.isReady ? 200 : 503).json(readiness);
  });
  app.get('/metrics', async (_request, response) => {
    const { registry } = options.metrics;
    response.type(registry.contentType).send(await registry.metrics());
  });
  if (options.clientDir !== null) app.use(clientFiles(options.clientDir));
  app.use((_request, response) => sendFailure(response, 404, 'NOT_FOUND', 'There is nothing here.'));
  app.use(lastResort(options.log));
  return app;
}

function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The component library writes its theme into a style element.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** Lets pages of the allowed origins call the API; pages of all others are left to the browser's own rule. */
function crossOrigin(allowedOrigins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    if (origin !== undefined) {
      response.vary('Origin');
      if (isOriginAllowed(request, allowedOrigins)) response.setHeader('Access-Control-Allow-Origin', origin);
    }
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader(
      'Access-Control-Allow-Headers',
      'authorization, content-type, apollo-require-preflight',
    );
    response.setHeader('Access-Control-Max-Age', '600');
    response.status(204).end();
  };
}

function measure(metrics: ApiMetrics): RequestHandler {
  return (_request, response, next) => {
    const startedAt = performance.now();
    response.once('finish', () => {
      metrics.recordRequest(response.statusCode, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}

/** Who asks, and whether it asks too often. Comes before the body is read. */
function identify({ authenticator, rateGuard, trustedProxies, metrics }: HttpOptions): RequestHandler {
  return async (request, response, next) => {
    let viewer: Viewer = { role: 'anonymous', userId: null };
    let failure: UnauthenticatedError | null = null;
    try {
      ({ viewer } = await authenticator.identify(bearerToken(request.headers.authorization)));
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      // Counted like a caller without a token, so that guessing is bounded as well.
      failure = error;
    }
    if (!(await rateGuard.admit(viewer, addressOf(request, trustedProxies)))) {
      metrics.recordRefusal('rate');
      response.setHeader('Retry-After', '1');
      sendFailure(response, 429, 'RATE_LIMITED', 'Too many requests; try again in a second.', {
        retriable: true,
      });
    } else if (failure !== null) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      sendFailure(response, 401, failure.code, failure.message);
    } else {
      response.locals['viewer'] = viewer;
      next();
    }
  };
}

function viewerOf(response: Response): Viewer {
  return response.locals['viewer'] as Viewer;
}

/** The client: hashed files for a year, the page itself always fresh, and the page for every path it routes itself. */
function clientFiles(clientDir: string): RequestHandler {
  const files = express.static(clientDir, {
    index: false,
    setHeaders: (response, path) => {
      const isHashed = path.startsWith(join(clientDir, 'assets'));
      response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const page = join(clientDir, 'index.html');
  return (request, response, next) => {
    files(request, response, () => {
      const isPage = request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
      if (!isPage || !existsSync(page)) return next();
      response.setHeader('Cache-Control', 'no-cache');
      response.sendFile(page);
    });
  };
}

function sendFailure(
  response: Response,
  status: number,
  code: string,
  message: string,
  extensions: Record<string, unknown> = {},
): void {
  response.status(status).json({ errors: [{ message, extensions: { code, ...extensions } }] });
}

/** Whatever nobody caught, as JSON and without a trace of how the server works. */
function lastResort(log: Logger): ErrorRequestHandler {
  const formatError = createFormatError(log);
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const status = statusOf(error);
    if (status !== null)
      return sendFailure(response, status, 'BAD_REQUEST', BODY_MESSAGES[status] ?? 'Bad request.');
    if (error instanceof SmartPersonaError) {
      const httpStatus = error instanceof DatabaseUnavailableError ? 503 : 400;
      const { code, ...extensions } = extensionsOf(error);
      return sendFailure(response, httpStatus, String(code), error.message, extensions);
    }
    response.status(500).json({ errors: [formatError(error)] });
  };
}

const BODY_MESSAGES: Readonly<Record<number, string>> = {
  400: 'The body is not valid JSON.',
  413: 'The body is too large.',
  415: 'The body must be JSON in UTF-8.',
};

/** The status of an error that Express or its body parser blames on the caller. */
function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
