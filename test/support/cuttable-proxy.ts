/** A TCP proxy whose connections a test can cut, for what happens when the way to a server is gone for a moment. */

import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface CuttableProxy {
  readonly port: number;
  /** Delivers requests and swallows the answers, from the first request that `from` matches (as Latin-1) until `mend`. */
  swallowReplies(from: RegExp): void;
  /** Ends every connection and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startCuttableProxy(target: { host: string; port: number }): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let swallowFrom: RegExp | null = null;
  let isSwallowing = false;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(target);
    for (const socket of [client, upstream]) track(socket);
    client.on('data', (chunk: Buffer) => {
      if (swallowFrom?.test(chunk.toString('latin1')) === true) isSwallowing = true;
    });
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      if (!isSwallowing && !client.write(chunk)) upstream.pause();
    });
    client.on('drain', () => upstream.resume());
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    swallowReplies: (from) => void (swallowFrom = from),
    cut,
    mend: () => {
      isCut = false;
      isSwallowing = false;
      swallowFrom = null;
    },
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
