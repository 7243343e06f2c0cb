/** Starts the real HTTP and WebSocket server over the fake services, with tokens for everybody. */

import type { Client } from 'graphql-ws';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import type { Api, ApiOptions, Tokens } from '../../server/api/index.js';
import { createApi, createTokens } from '../../server/api/index.js';
import type { EventBus, Logger, TokenRole } from '../../server/domain/index.js';
import { createEventBus } from '../../server/events/index.js';

import type { FakeSystem } from './fake-services.js';
import { ALICE, BOB, fakeSystem } from './fake-services.js';

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: any;
  readonly errors:
    readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[] | undefined;
}

export interface FakeApi {
  readonly api: Api;
  readonly url: string;
  readonly bus: EventBus;
  readonly system: FakeSystem;
  readonly tokens: Tokens;
  readonly asAlice: string;
  readonly asBob: string;
  readonly asAdmin: string;
  readonly asViewer: string;
  /** What was logged as an error. */
  readonly logged: object[];
  query(query: string, options?: { variables?: object; token?: string | null }): Promise<GraphQLAnswer>;
  socket(token: string | null): Client;
  close(): Promise<void>;
}

export const TEST_KEY = new TextEncoder().encode('a key for tests that is long enough');

export async function startFakeApi({
  port: wantedPort = 0,
  ...options
}: Partial<ApiOptions> & { port?: number } = {}): Promise<FakeApi> {
  const bus = createEventBus();
  const system = fakeSystem(bus, options.now);
  const tokens = createTokens({ key: TEST_KEY, pseudonymize: () => BOB, now: options.now });
  const logged: object[] = [];
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields) => logged.push(fields),
  };
  const api = await createApi({
    services: system.services,
    bus,
    tokens,
    probe: () => (system.failure === null ? Promise.resolve() : Promise.reject(system.failure)),
    log,
    clientDir: null,
    ...options,
  });
  const port = await api.listen(wantedPort, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const sign = async (role: TokenRole, userId: string | null): Promise<string> =>
    (await tokens.sign({ role, userId, ttlSeconds: 600 })).token;
  const clients: Client[] = [];

  return {
    api,
    url,
    bus,
    system,
    tokens,
    logged,
    asAlice: await sign('user', ALICE),
    asBob: await sign('user', BOB),
    asAdmin: await sign('admin', null),
    asViewer: await sign('viewer', null),
    async query(query, { variables, token } = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          ...(token == null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as Pick<GraphQLAnswer, 'data' | 'errors'>;
      return { status: response.status, headers: response.headers, data, errors };
    },
    socket(token) {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        lazy: true,
        ...(token === null ? {} : { connectionParams: { token } }),
      });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.dispose()));
      await api.close();
    },
  };
}
