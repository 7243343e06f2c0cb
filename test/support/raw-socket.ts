/** A WebSocket without a protocol library, to send what a well-behaved client never would. */

import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';

export interface RawMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: any;
}

export interface RawSocket {
  readonly socket: WebSocket;
  send(message: unknown): void;
  /** The next message that was not read yet; rejects when the socket closes first. */
  next(): Promise<RawMessage>;
  /** Resolves with the code once the socket has closed. */
  readonly closed: Promise<number>;
}

/** Opens a socket; rejects when the upgrade is refused. */
export async function openRawSocket(
  url: string,
  options: ClientOptions = {},
  protocol = 'graphql-transport-ws',
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol, options);
  const unread: RawMessage[] = [];
  const readers: { resolve: (message: RawMessage) => void; reject: (error: Error) => void }[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as RawMessage;
    const reader = readers.shift();
    if (reader === undefined) unread.push(message);
    else reader.resolve(message);
  });
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (code) => {
      for (const reader of readers.splice(0)) reader.reject(new Error(`closed with ${code}`));
      resolve(code);
    }),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return {
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: () => {
      const message = unread.shift();
      if (message !== undefined) return Promise.resolve(message);
      return new Promise((resolve, reject) => readers.push({ resolve, reject }));
    },
  };
}

/** Opens a socket and gets it acknowledged. */
export async function openAcknowledged(url: string, token: string): Promise<RawSocket> {
  const raw = await openRawSocket(url);
  raw.send({ type: 'connection_init', payload: { token } });
  const { type } = await raw.next();
  if (type !== 'connection_ack') throw new Error(`expected connection_ack, got ${type}`);
  return raw;
}
