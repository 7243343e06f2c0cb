/** The Express application: metrics and the client's files. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express';
import express from 'express';
import expressStaticGzip from 'express-static-gzip';

import type { Logger } from '../domain/index.js';

import { createFormatError } from './errors.js';
import type { ApiMetrics } from './metrics.js';
import { mayReadMetrics } from './metrics-access.js';
import type { Headers } from './security-headers.js';
import { securityHeaders } from './security-headers.js';

interface HttpOptions {
  readonly metrics: ApiMetrics;
  /** The bearer token of /metrics; for null see `mayReadMetrics`. */
  readonly metricsToken: string | null;
  readonly isProduction: boolean;
  /** Sent with every response. */
  readonly headers: Headers;
  /** The built client; null serves none. */
  readonly clientDir: string | null;
  /** The built explorer; null serves none, as in production. */
  readonly explorerDir: string | null;
  readonly log: Logger;
}

export function createHttpApp(options: HttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set(options.headers);
    next();
  });
  app.get('/metrics', async (request, response) => {
    const access = mayReadMetrics(request, options);
    if (access === 'off') return sendFailure(response, 404, 'NOT_FOUND', 'Not found.');
    if (access === 'refused') {
      response.set('WWW-Authenticate', 'Bearer');
      return sendFailure(
        response,
        401,
        'UNAUTHENTICATED',
        'Send SMARTPERSONA_METRICS_TOKEN as a bearer token.',
      );
    }
    const { registry } = options.metrics;
    response.type(registry.contentType).send(await registry.metrics());
  });
  app.use('/graphiql', options.explorerDir === null ? nothing : explorerFiles(options.explorerDir));
  if (options.clientDir !== null) app.use(clientFiles(options.clientDir));
  app.use(nothing);
  app.use(lastResort(options.log));
  return app;
}

/**
 * The client: hashed files for a year, the page itself always fresh, and the page for every path it routes itself. Files
 * are compressed when the client is built.
 */
function clientFiles(clientDir: string): RequestHandler {
  const files = expressStaticGzip(clientDir, {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    serveStatic: {
      redirect: false,
      setHeaders: (response, path) => {
        const isHashed = path.startsWith(join(clientDir, 'assets'));
        response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    },
  });
  const hasPage = existsSync(join(clientDir, 'index.html'));
  return (request, response, next) => {
    files(request, response, () => {
      const isPage = ['GET', 'HEAD'].includes(request.method) && request.accepts(['json', 'html']) === 'html';
      if (!isPage || !hasPage) return next();
      request.url = '/index.html';
      files(request, response, next);
    });
  };
}

/** The explorer's style sheet contains its fonts as data URLs. */
function explorerFiles(explorerDir: string): RequestHandler[] {
  const headers = securityHeaders({ fonts: ['data:'] });
  return [
    (_request, response, next) => {
      response.set({ ...headers, 'Cache-Control': 'no-cache' });
      next();
    },
    (request, response, next) =>
      request.path === '/' ? response.sendFile('index.html', { root: explorerDir }) : next(),
    express.static(explorerDir, { redirect: false, cacheControl: false }),
    nothing,
  ];
}

const nothing: RequestHandler = (_request, response) => sendFailure(response, 404, 'NOT_FOUND', 'Not found.');

function sendFailure(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** Sends uncaught errors as JSON, without internals of the server. */
function lastResort(log: Logger): ErrorRequestHandler {
  const formatError = createFormatError(log);
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const status = statusOf(error);
    if (status === null) response.status(500).json({ errors: [formatError(error)] });
    else sendFailure(response, status, 'BAD_REQUEST', 'Bad request.');
  };
}

/** The 4xx status that Express gives an error, such as for a malformed path; else null. */
function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
