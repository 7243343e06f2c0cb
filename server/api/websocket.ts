/**
 * The WebSocket server: admission, limits on the number of sockets and on the size and rate of messages, and pings that
 * detect dead peers. A peer that does not read is disconnected, so that it uses a bounded amount of memory.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Server as ProtocolServer } from 'graphql-ws';
import { CloseCode, handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';

import type { EventBus } from '../domain/index.js';
import { SmartPersonaError } from '../domain/index.js';

import { addressOf, isHostKnown, isOriginAllowed } from './addresses.js';
import type { Authenticator } from './authenticator.js';
import { sessionIdOf } from './session-cookie.js';
import type { Peer, ProtocolOptions } from './socket-protocol.js';
import { createProtocol } from './socket-protocol.js';

export interface SocketLimits {
  /** Open sockets per address; default 5,000. */
  readonly maxSocketsPerAddress: number;
  /** Open sockets in all; default 20,000. */
  readonly maxSockets: number;
  /** Open subscriptions per socket; default 20. */
  readonly maxSubscriptions: number;
  /** Bytes per message from a client; default 65,536. */
  readonly maxMessageBytes: number;
  /** Messages per second and socket; default 100. */
  readonly maxMessagesPerSecond: number;
  /** Bytes buffered for a peer that does not read; default 4 MiB. */
  readonly maxBufferedBytes: number;
  /** Milliseconds to send connection_init; default 3,000. */
  readonly initTimeoutMs: number;
  /** Milliseconds between pings; a peer that misses a ping is disconnected. Default 15,000. */
  readonly pingMs: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  maxSocketsPerAddress: 5_000,
  maxSockets: 20_000,
  maxSubscriptions: 20,
  maxMessageBytes: 65_536,
  maxMessagesPerSecond: 100,
  maxBufferedBytes: 4 * 1_048_576,
  initTimeoutMs: 3_000,
  pingMs: 15_000,
};

interface WebSocketOptions extends Omit<ProtocolOptions, 'initTimeoutMs' | 'maxSubscriptions'> {
  readonly path: string;
  readonly limits: SocketLimits;
  readonly allowedOrigins: readonly string[];
  /** The origins of publishable keys, which may change. */
  readonly keyOrigins: () => readonly string[];
  /** As in `ApiOptions`. */
  readonly isLocalOnly: boolean;
  readonly trustedProxies: number;
  readonly recordRefusal: (reason: string) => void;
  /** Publishes `access.changed` when valid tokens may have become invalid. */
  readonly bus: Pick<EventBus, 'listen'>;
}

interface WebSocketEndpoint {
  readonly nSockets: number;
  /** Refuses new sockets and closes open sockets with 1001. */
  close(): Promise<void>;
}

const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const CLOSE_GRACE_MS = 1_000;

/** Serves `path` of the HTTP server and refuses upgrades on different paths. */
export function attachWebSocket(httpServer: Server, options: WebSocketOptions): WebSocketEndpoint {
  const { limits, log, recordRefusal } = options;
  const protocol = createProtocol({ ...options, ...options.limits });
  const peers = new Set<Peer>();
  const socketsByAddress = new Map<string, number>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    handleProtocols,
    // Lists compress well, but a compressor per socket would use too much memory.
    perMessageDeflate: false,
  });
  let isClosing = false;

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const address = addressOf(request, options.trustedProxies);
    const refusal = isClosing ? 503 : refusalOf(request, address, options, peers.size, socketsByAddress);
    if (refusal !== null) {
      recordRefusal(`upgrade_${refusal}`);
      refuse(stream, refusal);
      return;
    }
    count(socketsByAddress, address, 1);
    stream.once('close', () => count(socketsByAddress, address, -1));
    server.handleUpgrade(request, stream, head, (socket) => {
      const peer: Peer = {
        socket,
        sessionId: sessionIdOf(request),
        origin: request.headers.origin ?? null,
        identity: null,
        nMessages: 0,
        windowStart: options.now(),
        expiry: undefined,
        isAlive: true,
      };
      peers.add(peer);
      socket.once('close', () => peers.delete(peer));
      serve(peer, protocol, options);
    });
  };
  httpServer.on('upgrade', onUpgrade);

  const pings = setInterval(() => {
    for (const peer of peers) {
      if (!peer.isAlive) peer.socket.terminate();
      else if (peer.socket.readyState === peer.socket.OPEN) {
        peer.isAlive = false;
        peer.socket.ping();
      }
    }
  }, limits.pingMs);
  pings.unref();

  const stopListening = options.bus.listen('access.changed', () =>
    closeRefused(peers, options.authenticator),
  );

  return {
    get nSockets() {
      return peers.size;
    },
    async close() {
      isClosing = true;
      clearInterval(pings);
      stopListening();
      const closed = [...peers].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const { socket } of peers) socket.close(GOING_AWAY, 'The server is shutting down');
      const grace = setTimeout(() => {
        for (const { socket } of peers) socket.terminate();
      }, CLOSE_GRACE_MS);
      await Promise.all(closed);
      clearTimeout(grace);
      httpServer.off('upgrade', onUpgrade);
      server.close();
      log.debug({}, 'all WebSockets closed');
    },
  };
}

/** Closes the sockets of tokens that are no longer valid. */
function closeRefused(peers: ReadonlySet<Peer>, authenticator: Authenticator): void {
  for (const { socket, identity } of peers) {
    const refusal = identity === null ? null : authenticator.refusalOf(identity);
    if (refusal !== null) socket.close(CloseCode.Forbidden, refusal);
  }
}

function refusalOf(
  request: IncomingMessage,
  address: string,
  { path, allowedOrigins, keyOrigins, isLocalOnly, limits }: WebSocketOptions,
  nSockets: number,
  socketsByAddress: ReadonlyMap<string, number>,
): number | null {
  if ((request.url ?? '').split('?', 1)[0] !== path) return 404;
  if (isLocalOnly && !isHostKnown(request, allowedOrigins)) return 403;
  if (!isOriginAllowed(request, [...allowedOrigins, ...keyOrigins()])) return 403;
  if (nSockets >= limits.maxSockets) return 503;
  if ((socketsByAddress.get(address) ?? 0) >= limits.maxSocketsPerAddress) return 429;
  return null;
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function refuse(stream: Duplex, status: number): void {
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function count(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const value = (counts.get(key) ?? 0) + change;
  if (value <= 0) counts.delete(key);
  else counts.set(key, value);
}

/** Connects a socket to the protocol. */
function serve(
  peer: Peer,
  protocol: ProtocolServer<Peer>,
  { limits, now, log, recordRefusal }: WebSocketOptions,
): void {
  const { socket } = peer;
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // Resolves when the data are flushed to the connection, so a slow peer delays only its own pushes.
      send: (data) =>
        new Promise((resolve) => {
          if (socket.readyState === socket.OPEN) socket.send(data, () => resolve());
          else resolve();
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on('message', (data, isBinary) => {
          if (socket.readyState !== socket.OPEN) return;
          if (isBinary) {
            socket.close(CloseCode.BadRequest, 'Text messages only');
            return;
          }
          if (!isWithinRate(peer, limits, now()) || socket.bufferedAmount > limits.maxBufferedBytes) {
            recordRefusal('socket_flood');
            socket.close(POLICY_VIOLATION, 'Too many messages');
            // A peer that does not read would not complete the closing handshake either.
            setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
            return;
          }
          Promise.resolve(handle(String(data))).catch((error: unknown) => {
            if (isServersOwnType(error)) {
              socket.close(CloseCode.BadRequest, 'Invalid message received');
              return;
            }
            if (error instanceof SmartPersonaError && error.isRetriable) {
              socket.close(TRY_AGAIN_LATER, 'Try again later');
              return;
            }
            log.error({ err: error }, 'unexpected error in a WebSocket message');
            socket.close(CloseCode.InternalServerError, 'Internal server error');
          });
        }),
    },
    peer,
  );
  socket.on('pong', () => (peer.isAlive = true));
  // Protocol errors of the peer, such as bad or oversized frames; ws itself closes the socket with the right code.
  socket.on('error', (error) => log.debug({ err: error }, 'WebSocket protocol error of a peer'));
  socket.once('close', (code, reason) => {
    clearTimeout(peer.expiry);
    void closed(code, String(reason));
  });
}

function isWithinRate(peer: Peer, { maxMessagesPerSecond }: SocketLimits, now: number): boolean {
  if (now - peer.windowStart >= 1_000) {
    peer.windowStart = now;
    peer.nMessages = 0;
  }
  peer.nMessages += 1;
  return peer.nMessages <= maxMessagesPerSecond;
}

/** The library throws for message types that only a server may send; by the protocol they are as invalid as unknown types. */
function isServersOwnType(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}
