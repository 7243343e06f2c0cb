/** What a frontend does, without a framework: a POST, and one WebSocket subscription one can wait on. */

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const NEXT_DEADLINE_MS = 45_000;

export interface GraphQLAnswer<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** One operation; resolves with the whole answer, errors included. */
export async function ask<T = Record<string, unknown>>(
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLAnswer<T>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphQLAnswer<T>;
}

/** One operation that must succeed; rejects with the first error's message. */
export async function askFor<T = Record<string, unknown>>(
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<T> {
  const { data, errors } = await ask<T>(url, token, query, variables);
  if (errors !== undefined || data == null) throw new Error(errors?.[0]?.message ?? 'no data');
  return data;
}

export interface Subscription<T> {
  /** The next push that nobody has taken yet; rejects when none comes in time. */
  next(): Promise<T>;
  /** Everything pushed and not taken. */
  readonly waiting: T[];
  close(): Promise<void>;
}

/** Opens a socket, subscribes, and resolves once the server has acknowledged the connection. */
export async function subscribe<T>(
  wsUrl: string,
  token: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Subscription<T>> {
  const waiting: T[] = [];
  let wake: (() => void) | null = null;
  let failure: unknown = null;
  const client = createClient({
    url: wsUrl,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: (error) => (failure = error),
  });
  const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  client.subscribe<T>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) failure = errors[0];
        else waiting.push(data as T);
        wake?.();
      },
      error: (error) => {
        failure = error;
        wake?.();
      },
      complete: () => undefined,
    },
  );
  await connected;
  // The subscribe message follows the acknowledgement on the same socket; a ping round trip would not prove more.
  await askFor(wsUrl.replace('ws', 'http').replace(/\/graphql$/, ''), null, '{ dataset { isSynthetic } }');

  return {
    waiting,
    async next() {
      const deadline = Date.now() + NEXT_DEADLINE_MS;
      while (waiting.length === 0) {
        if (failure !== null) throw failure instanceof Error ? failure : new Error(JSON.stringify(failure));
        const left = deadline - Date.now();
        if (left <= 0) throw new Error(`Nothing was pushed within ${NEXT_DEADLINE_MS / 1000} s.`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return waiting.shift()!;
    },
    close: async () => {
      await client.dispose();
    },
  };
}
