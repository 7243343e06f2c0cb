/** The complete API on an HTTP server: GraphQL over HTTP and WebSocket, accounts, health, metrics and the client's files. */

import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';

import compression from 'compression';
import type { Request, Response } from 'express';

import type { EventBus, Logger, Tracer } from '../domain/index.js';
import { NO_TRACER } from '../domain/index.js';
import { createLoaders } from '../loaders/index.js';
import type { ApiContext } from '../resolvers/index.js';
import { buildApiSchema } from '../resolvers/index.js';
import type { ImportService } from '../services/data/index.js';
import type { ItemSidePort, Services } from '../services/index.js';

import { ACCOUNT_PATHS, createAccountEndpoint } from './account-endpoint.js';
import { isHostKnown } from './addresses.js';
import { actorOf, createAuthenticator } from './authenticator.js';
import type { Door, Readiness } from './door.js';
import { createDoor } from './door.js';
import { createFormatError } from './errors.js';
import { createGraphQLEndpoint } from './graphql-endpoint.js';
import { createSubscriptionGuard } from './graphql-guard.js';
import { createGraphQLServer } from './graphql-http.js';
import { createHttpApp } from './http.js';
import { createImportEndpoint } from './import-endpoint.js';
import { createItemSideEndpoint, ITEM_SIDE_PATH } from './item-side-endpoint.js';
import { sendWhole } from './last-answer.js';
import type { DocumentLimits } from './limits.js';
import { createCostGuard, DEFAULT_DOCUMENT_LIMITS } from './limits.js';
import type { ApiMetrics } from './metrics.js';
import { createMetrics } from './metrics.js';
import { createOperations } from './operations.js';
import type { RateLimits } from './rate-limits.js';
import { createRateGuard, DEFAULT_RATE_LIMITS } from './rate-limits.js';
import type { GateLimits } from './request-gate.js';
import { DEFAULT_GATE_LIMITS, RequestGate } from './request-gate.js';
import { securityHeaders } from './security-headers.js';
import type { Identity, Tokens } from './tokens.js';
import type { BodyLimits } from './request-body.js';
import { BodyBudget, DEFAULT_BODY_LIMITS } from './request-body.js';
import type { SocketLimits } from './websocket.js';
import { attachWebSocket, DEFAULT_SOCKET_LIMITS } from './websocket.js';

const PATH = '/graphql';
const IMPORT_PATH = '/import';
const DEFAULT_MAX_IMPORT_BYTES = 256 * 1_048_576;
const DEMO_TTL_SECONDS = 12 * 3_600;
/** Longer API responses are compressed for callers that accept it. */
const MIN_COMPRESSED_BYTES = 1_024;
/** Connections besides WebSockets. */
const MAX_REQUEST_CONNECTIONS = 5_000;

interface ApiLimits {
  readonly document: DocumentLimits;
  readonly rate: RateLimits;
  readonly socket: SocketLimits;
  readonly gate: GateLimits;
  readonly body: BodyLimits;
  /** Maximum bytes of an imported file; default 256 MiB. */
  readonly maxImportBytes: number;
}

export interface ApiOptions {
  readonly services: Services;
  /** Serves POST /import; without it the path does not exist. */
  readonly imports?: Pick<ImportService, 'run' | 'preview'>;
  /** Serves GET /model; without it nothing of the model is published. */
  readonly itemSide?: ItemSidePort;
  readonly bus: EventBus;
  readonly tokens: Tokens;
  /** Rejects if the database does not complete a small write in time. */
  readonly probe: () => Promise<void>;
  /** An already listening door; default a new door, for `listen`. */
  readonly door?: Door;
  readonly log: Logger;
  /** Default: records nothing. */
  readonly tracer?: Tracer;
  /** The built client; null serves none. */
  readonly clientDir: string | null;
  /** The built explorer, served at /graphiql if introspection is enabled; default none. */
  readonly explorerDir?: string | null;
  /** Disables developer features (introspection, the explorer); default false. */
  readonly isProduction?: boolean;
  /** Texts of registered operations by SHA-256, see `readManifest`; default none. */
  readonly operations?: ReadonlyMap<string, string>;
  /** Serves only registered operations; default false. */
  readonly isPersistedOnly?: boolean;
  /** Pages of these origins may use the API, e.g. "https://shop.example"; default none but the server's own. */
  readonly allowedOrigins?: readonly string[];
  /** Refuses requests unless their Host is a loopback name or a host of `allowedOrigins`; default false. */
  readonly isLocalOnly?: boolean;
  /** Number of proxies in front of the server that write X-Forwarded-For; default 0. */
  readonly trustedProxies?: number;
  /** Token required for /metrics; default null: open to the machine itself outside production. */
  readonly metricsToken?: string | null;
  readonly limits?: {
    readonly [K in keyof ApiLimits]?: ApiLimits[K] extends number ? number : Partial<ApiLimits[K]>;
  };
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number;
}

export interface Api {
  readonly httpServer: Server;
  /** Resolves with the port, also when `port` was 0. Throws PortError. */
  listen(port: number, host?: string): Promise<number>;
  /** Refuses new requests, closes sockets with 1001, waits for running requests (at most 2 s), then resolves. */
  close(): Promise<void>;
}

export async function createApi(options: ApiOptions): Promise<Api> {
  const { services, bus, tokens, log, clientDir, isProduction = false, now = Date.now } = options;
  const { allowedOrigins = [], trustedProxies = 0 } = options;
  const limits = withDefaults(options.limits ?? {});
  const schema = buildApiSchema();
  const formatError = createFormatError(log, () => services.analytics.recordFault());
  const costGuard = createCostGuard(schema, limits.document.maxCost);
  const authenticator = createAuthenticator({
    tokens,
    demo: services.demo,
    register: services.tokens,
    accounts: services.accounts,
    publishableKeys: services.publishableKeys,
  });
  const { isPersistedOnly = false, isLocalOnly = false } = options;
  const hasIntrospection = !isProduction && !isPersistedOnly;
  const resolveOperation = createOperations(options.operations ?? new Map(), isPersistedOnly);

  const prometheus = createMetrics({
    nSockets: () => sockets.nSockets,
    nSubscriptions: () => bus.size,
    behaviour: () => services.analytics.totals(),
    modelVersion: () => services.models.activeVersion(),
    training: () => services.training.summary(),
  });
  const metrics: ApiMetrics = {
    ...prometheus,
    recordRequest(status, seconds) {
      prometheus.recordRequest(status, seconds);
      services.analytics.recordRequest();
      if (status >= 500) services.analytics.recordFault();
    },
  };
  const contextFor = (identity: Identity): ApiContext => ({
    viewer: identity.viewer,
    actor: actorOf(identity),
    services,
    bus,
    loaders: createLoaders(services),
    tracer: options.tracer ?? NO_TRACER,
    signDemoToken: (userId) =>
      tokens.sign({ role: 'user', userId, ttlSeconds: DEMO_TTL_SECONDS, isDemo: true }),
    signToken: tokens.sign,
    recordPush: (latencyMs) => {
      metrics.recordPush(latencyMs);
      services.analytics.recordPush(latencyMs);
    },
    now,
  });

  const apollo = createGraphQLServer<ApiContext>({
    schema,
    limits: limits.document,
    costGuard,
    formatError,
    hasIntrospection,
    log,
  });
  await apollo.start();

  let probing: Promise<'up' | 'down'> | null = null;
  const readiness = async (): Promise<Readiness> => {
    // A probe writes to the disk and needs no token: concurrent requests share it.
    probing ??= options
      .probe()
      .then(
        () => 'up' as const,
        () => 'down' as const,
      )
      .finally(() => (probing = null));
    const database = await probing;
    return { isReady: database === 'up', database, modelVersion: services.models.activeVersion() };
  };

  const keyOrigins = () => services.publishableKeys.origins;
  // Responses are specific to the caller; the client's files set their own cache-control.
  const headers = { ...securityHeaders(), 'cache-control': 'no-store' };
  const door = options.door ?? createDoor({ allowedOrigins });
  const { httpServer } = door;
  const admission = { authenticator, rateGuard: createRateGuard(limits.rate), metrics, trustedProxies };
  const bodies = new BodyBudget(limits.body);
  const endpoint = createGraphQLEndpoint({
    ...admission,
    apollo,
    resolveOperation,
    gate: new RequestGate(limits.gate),
    contextFor,
    allowedOrigins,
    keyOrigins,
    bodies,
    headers,
    log,
  });
  const app = createHttpApp({
    metrics,
    metricsToken: options.metricsToken ?? null,
    isProduction,
    headers,
    clientDir,
    explorerDir: hasIntrospection ? (options.explorerDir ?? null) : null,
    log,
  });
  const importEndpoint =
    options.imports === undefined
      ? app
      : createImportEndpoint({
          ...admission,
          imports: options.imports,
          audit: services.audit,
          allowedOrigins,
          maxBytes: limits.maxImportBytes,
          headers,
          log,
        });
  const accountEndpoint = createAccountEndpoint({
    ...admission,
    accounts: services.accounts,
    audit: services.audit,
    bodies,
    headers,
    now,
    log,
  });
  const itemSideEndpoint = createItemSideEndpoint({
    ...admission,
    itemSide: options.itemSide ?? null,
    allowedOrigins,
    keyOrigins,
    headers,
    log,
  });
  const listeners: Readonly<Record<string, RequestListener>> = {
    [PATH]: endpoint,
    [IMPORT_PATH]: importEndpoint,
    ...Object.fromEntries(ACCOUNT_PATHS.map((path) => [path, accountEndpoint])),
  };
  const listenerOf = (path: string): RequestListener => {
    if (Object.hasOwn(listeners, path)) return listeners[path];
    return ITEM_SIDE_PATH.test(path) ? itemSideEndpoint : app;
  };
  const compress = compression({ threshold: MIN_COMPRESSED_BYTES });
  httpServer.maxConnections = limits.socket.maxSockets + MAX_REQUEST_CONNECTIONS;
  const listener: RequestListener = (request, response) => {
    if (isLocalOnly && !isHostKnown(request, allowedOrigins)) return refuseHost(request, response, headers);
    const path = request.url?.split('?', 1)[0] ?? '';
    const serve = listenerOf(path);
    // The wrapper takes a twentieth of a list's processor time, in vain if the caller reads no gzip.
    if (path === PATH && request.headers['accept-encoding'] !== undefined)
      compress(request as Request, response as Response, () => serve(request, response));
    else serve(request, response);
  };
  const sockets = attachWebSocket(httpServer, {
    path: PATH,
    limits: limits.socket,
    allowedOrigins,
    keyOrigins,
    isLocalOnly,
    trustedProxies,
    authenticator,
    bus,
    guard: createSubscriptionGuard({
      schema,
      limits: limits.document,
      costGuard,
      hasIntrospection,
      resolveOperation,
    }),
    formatError,
    contextFor,
    recordRefusal: metrics.recordRefusal,
    now,
    log,
  });
  door.open({ listener, readiness });

  return {
    httpServer,
    listen: (port, host) => door.listen(port, host),
    async close() {
      await Promise.all([sockets.close(), door.close()]);
      await apollo.stop();
    },
  };
}

function refuseHost(request: IncomingMessage, response: ServerResponse, headers: OutgoingHttpHeaders): void {
  const message =
    'This server accepts requests for localhost only. Add its host to SMARTPERSONA_ALLOWED_ORIGINS, or set HOST.';
  sendWhole(request, response, {
    status: 421,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }),
  });
}

function withDefaults(limits: NonNullable<ApiOptions['limits']>): ApiLimits {
  return {
    document: { ...DEFAULT_DOCUMENT_LIMITS, ...limits.document },
    rate: { ...DEFAULT_RATE_LIMITS, ...limits.rate },
    socket: { ...DEFAULT_SOCKET_LIMITS, ...limits.socket },
    gate: { ...DEFAULT_GATE_LIMITS, ...limits.gate },
    body: { ...DEFAULT_BODY_LIMITS, ...limits.body },
    maxImportBytes: limits.maxImportBytes ?? DEFAULT_MAX_IMPORT_BYTES,
  };
}
