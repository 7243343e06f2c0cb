/**
 * The HTTP server over the lifetime of the process: it listens before the application is ready and shows the progress of
 * the start, then passes requests to the application, and on shutdown waits for requests in flight.
 */

import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';

import { SmartPersonaError } from '../domain/index.js';

import { crossOriginHeaders } from './addresses.js';
import { HttpRefusal } from './http-refusal.js';
import { sendWhole } from './last-answer.js';
import { securityHeaders } from './security-headers.js';
import type { StartProgress } from './starting-page.js';
import { startingPage } from './starting-page.js';

const TRY_AGAIN_LATER = 1013;
/** Time during shutdown in which new requests still get a 503 response instead of a connection reset. */
const LAME_DUCK_MS = 1_000;
/** Length of the accept queue: with the default, clients wait for seconds under a burst of connections. */
const BACKLOG = 4_096;
/** Requests still in flight after this time are aborted. */
const DRAIN_MS = 2_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** Long enough for the upload of an import file; JSON bodies have a shorter timeout, see request-body.ts. */
const UPLOAD_TIMEOUT_MS = 1_800_000;

/** The application that the door passes requests to. */
interface DoorApp {
  readonly listener: RequestListener;
  readonly readiness: () => Promise<Readiness>;
}

export interface Readiness {
  readonly isReady: boolean;
  /** "up" if it completes a small write within two seconds. */
  readonly database: 'starting' | 'up' | 'down';
  /** Null before the first training: requests are answered, but without recommendations. */
  readonly modelVersion: number | null;
}

export interface Door {
  readonly httpServer: Server;
  /** Resolves with the port, also when `port` was 0. Throws PortError. */
  listen(port: number, host?: string): Promise<number>;
  /** Sets the progress shown until `open`. */
  show(progress: StartProgress): void;
  /** Passes all further requests to `app`. */
  open(app: DoorApp): void;
  /** Refuses new requests, waits up to two seconds for requests in flight, and resolves. */
  close(): Promise<void>;
}

/** The server cannot listen on the configured address. */
export class PortError extends SmartPersonaError {
  readonly code = 'PORT_UNAVAILABLE';
}

/** `allowedOrigins`: pages of these origins may read refusals; default none. */
export function createDoor({ allowedOrigins = [] }: { allowedOrigins?: readonly string[] } = {}): Door {
  const headers = securityHeaders();
  const answering = new Set<ServerResponse>();
  let progress: StartProgress = { stage: 'Starting', fraction: null, detail: '', startedAt: Date.now() };
  let app: DoorApp | null = null;
  let closing: Promise<void> | null = null;

  const send = (
    request: IncomingMessage,
    response: ServerResponse,
    { status, type = JSON_TYPE, body, more = {} }: DoorAnswer,
  ) =>
    sendWhole(request, response, {
      status,
      headers: { ...headers, 'content-type': type, 'cache-control': 'no-store', ...more },
      body,
    });
  const refuse = (request: IncomingMessage, response: ServerResponse, code: string, message: string) => {
    const refusal = new HttpRefusal(503, code, message, { extensions: { retriable: true } });
    send(request, response, {
      status: 503,
      body: JSON.stringify({ errors: [refusal] }),
      more: { ...crossOriginHeaders(request, allowedOrigins), 'retry-after': '1' },
    });
  };
  const answerReady = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const starting = { isReady: false, database: 'starting', modelVersion: null, ...progress };
    const readiness = app === null ? starting : await app.readiness();
    const isReady = readiness.isReady && closing === null;
    send(request, response, { status: isReady ? 200 : 503, body: JSON.stringify({ ...readiness, isReady }) });
  };

  const httpServer = createServer((request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    if (closing !== null) response.shouldKeepAlive = false;
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path === '/health/live') send(request, response, { status: 200, body: '{"status":"live"}' });
    else if (path === '/health/ready') void answerReady(request, response);
    else if (closing !== null) refuse(request, response, 'SHUTTING_DOWN', 'The server is shutting down.');
    else if (app !== null) app.listener(request, response);
    else if (isForPeople(request))
      send(request, response, {
        status: 503,
        type: 'text/html; charset=utf-8',
        body: startingPage(progress),
        more: { 'retry-after': '1' },
      });
    else refuse(request, response, 'STARTING', `The server is starting (${progress.stage}); try again soon.`);
  });
  // Longer than the idle timeout of load balancers, so that the server never closes a connection first.
  httpServer.keepAliveTimeout = 65_000;
  httpServer.headersTimeout = HEADERS_TIMEOUT_MS;
  httpServer.requestTimeout = UPLOAD_TIMEOUT_MS;

  const early = new WebSocketServer({ noServer: true, handleProtocols });
  const onEarlyUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) =>
    early.handleUpgrade(request, stream, head, (socket) =>
      socket.close(TRY_AGAIN_LATER, 'The server is starting'),
    );
  httpServer.on('upgrade', onEarlyUpgrade);

  const drain = async (): Promise<void> => {
    // A response with sent headers has already promised keep-alive: the next request on its connection gets a 503.
    for (const response of answering) if (!response.headersSent) response.shouldKeepAlive = false;
    // Keep listening meanwhile: on close the kernel resets connections that are not yet accepted.
    if (app !== null && (await nConnections(httpServer)) > 0) await pause(LAME_DUCK_MS);
    // Read requests that have already arrived, so that their connections do not count as idle.
    await nextTurn();
    const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
    for (const socket of early.clients) socket.terminate();
    const lateness = setTimeout(() => httpServer.closeAllConnections(), DRAIN_MS - LAME_DUCK_MS);
    await closed;
    clearTimeout(lateness);
  };

  return {
    httpServer,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        const failed = (error: NodeJS.ErrnoException) => reject(portError(error, port, host));
        httpServer.once('error', failed);
        httpServer.listen({ port, host, backlog: BACKLOG }, () => {
          httpServer.off('error', failed);
          resolve((httpServer.address() as AddressInfo).port);
        });
      }),
    show: (next) => (progress = next),
    open(opened) {
      httpServer.off('upgrade', onEarlyUpgrade);
      app = opened;
    },
    close: () => (closing ??= drain()),
  };
}

function nConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

const JSON_TYPE = 'application/json; charset=utf-8';

interface DoorAnswer {
  readonly status: number;
  /** Default JSON. */
  readonly type?: string;
  readonly body: string;
  readonly more?: OutgoingHttpHeaders;
}

/** Whether a browser requests a page. */
function isForPeople({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function portError(error: NodeJS.ErrnoException, port: number, host?: string): Error {
  if (error.code === 'EADDRINUSE')
    return new PortError(`Port ${port} is already in use. Stop the other program or set PORT.`);
  if (error.code === 'EACCES')
    return new PortError(`Port ${port} may not be opened by this user. Set PORT to 1024 or higher.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new PortError(
      `${host} is not an address of this machine. Set HOST to a local address, such as 127.0.0.1.`,
    );
  return error;
}
