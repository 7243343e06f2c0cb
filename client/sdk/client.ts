/**
 * The SDK client for frontends of any framework: requests over HTTP, and live values over a shared WebSocket that
 * survive lost connections, server restarts and expired tokens.
 */

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient as createSocketClient } from 'graphql-ws';

import { RequestFailedError, type GraphQLFailure } from './errors.js';
import { createFollow, type Follow } from './follow.js';
import { extensionsFor, hashOf, isUnknownHash, sendHashes } from './hashes.js';
import { backoffMs } from './backoff.js';

const KEEP_ALIVE_MS = 10_000;
/** Close code of the server for a token that is refused or has expired. */
const FORBIDDEN_CLOSE = 4403;

export interface ClientOptions {
  /** The endpoint, e.g. "https://persona.example/graphql". */
  readonly url: string;
  /**
   * Returns the token; called for every request and every connection. `refused` is a token that the server has just
   * rejected: fetch a new token. Null sends no token, which only a few operations allow.
   */
  readonly token: (refused?: string) => string | null | Promise<string | null>;
  /** Called when the WebSocket opens and when it is lost. */
  readonly onConnection?: (state: 'open' | 'lost') => void;
  /** The WebSocket class if there is no global class, such as `WebSocket` of `ws` on Node 20. */
  readonly webSocketImpl?: unknown;
}

export interface Client {
  /** Sends a request. Rejects with RequestFailedError for GraphQL errors; mutations are never retried automatically. */
  request<TData, TVariables extends object>(
    document: TypedDocumentNode<TData, TVariables>,
    variables: TVariables,
  ): Promise<TData>;
  readonly follow: Follow;
  /** Closes the WebSocket and stops all live values. */
  close(): Promise<void>;
}

export function createClient(options: ClientOptions): Client {
  const { url, token, onConnection } = options;
  let refused: string | undefined;
  let sent: string | undefined;
  const socket = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: options.webSocketImpl,
    connectionParams: async () => {
      sent = (await token(refused)) ?? undefined;
      refused = undefined;
      return { token: sent };
    },
    keepAlive: KEEP_ALIVE_MS,
    shouldRetry: () => true,
    retryAttempts: Infinity,
    retryWait: (attempt) => new Promise((resolve) => setTimeout(resolve, backoffMs(attempt))),
    on: {
      connected: () => onConnection?.('open'),
      closed: (event) => {
        const { code } = event as { code?: number };
        if (code === FORBIDDEN_CLOSE) refused = sent;
        if (code !== 1000) onConnection?.('lost');
      },
    },
  });
  const request: Client['request'] = async (document, variables) => {
    const hash = hashOf(document);
    const text = { query: print(document), variables };
    if (hash === undefined) return await post(options, text);
    try {
      return await post(options, { variables, extensions: extensionsFor(hash) });
    } catch (error) {
      if (error instanceof RequestFailedError && isUnknownHash(error.errors))
        return await post(options, text);
      throw error;
    }
  };
  const following = createFollow(request, sendHashes(socket));
  return {
    request,
    follow: following.follow,
    async close() {
      following.close();
      try {
        await socket.dispose();
      } catch {
        // The connection attempt failed.
      }
    },
  };
}

async function post<TData>(options: ClientOptions, body: object, refused?: string): Promise<TData> {
  const token = await options.token(refused);
  const response = await fetch(options.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (response.status === 401 && refused === undefined && token !== null)
    return await post(options, body, token);
  const { data, errors } = (await response.json()) as { data?: TData | null; errors?: GraphQLFailure[] };
  if (errors !== undefined || data == null) throw new RequestFailedError(errors ?? []);
  return data;
}
