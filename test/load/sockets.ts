/** Open WebSockets with a subscription to a list each, and the delay of every push as the server reports it. */

import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

const OPENED_AT_ONCE = 50;
const UPDATED = 'subscription { recommendationsUpdated(first: 10) { cause latencyMs list { revision } } }';

export interface Sockets {
  /** Milliseconds from the cause to the push, for each push. */
  readonly pushMs: number[];
  /** Sockets that the server has closed. */
  nClosed: number;
  close(): Promise<void>;
}

export async function openSockets(url: string, tokens: readonly string[], count: number): Promise<Sockets> {
  const clients: Client[] = [];
  let isClosing = false;
  const sockets: Sockets = {
    pushMs: [],
    nClosed: 0,
    async close() {
      isClosing = true;
      await Promise.all(clients.map(async (client) => client.dispose()));
    },
  };
  const open = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { token: tokens[index % tokens.length] },
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: reject,
      });
      clients.push(client);
      client.on('connected', () => resolve());
      client.on('closed', () => {
        if (!isClosing) sockets.nClosed += 1;
      });
      client.subscribe<{ recommendationsUpdated: { latencyMs: number } }>(
        { query: UPDATED },
        {
          next: ({ data }) => {
            if (data != null) sockets.pushMs.push(data.recommendationsUpdated.latencyMs);
          },
          error: () => undefined,
          complete: () => undefined,
        },
      );
    });
  for (let start = 0; start < count; start += OPENED_AT_ONCE) {
    const part = Array.from({ length: Math.min(OPENED_AT_ONCE, count - start) }, (_, n) => open(start + n));
    await Promise.all(part);
  }
  return sockets;
}
