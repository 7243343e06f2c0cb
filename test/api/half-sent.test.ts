/** Requests that are never finished, or sent after they were refused: bounded memory, bounded time, closed connections. */

import type { Socket } from 'node:net';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';

interface Caller {
  readonly socket: Socket;
  answer(): string;
  readonly closed: Promise<void>;
}

describe('a request that is not finished', () => {
  let fake: FakeApi;
  const callers: Caller[] = [];
  beforeAll(async () => {
    fake = await startFakeApi({
      imports: {
        run: () => Promise.reject(new Error('not asked for')),
        preview: () => Promise.reject(new Error('not asked for')),
      },
      limits: { body: { timeoutMs: 300, maxBytesPerCaller: 300_000 } },
    });
  });
  afterAll(async () => {
    for (const { socket } of callers) socket.destroy();
    await fake.close();
  });

  function call(head: readonly string[], body: string | Buffer = ''): Caller {
    const { hostname, port } = new URL(fake.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(`${[...head, `host: ${hostname}`].join('\r\n')}\r\n\r\n`);
    socket.write(body);
    const caller = { socket, answer: () => text, closed };
    callers.push(caller);
    return caller;
  }
  const graphql = (length: number, token: string | null = null) => [
    'POST /graphql HTTP/1.1',
    'content-type: application/json',
    `content-length: ${length}`,
    ...(token === null ? [] : [`authorization: Bearer ${token}`]),
  ];

  it('has 16 KiB without a token, and is told so before it is sent', async () => {
    const { answer, closed } = call(graphql(16 * 1_024 + 1), 'x'.repeat(100));
    await closed;
    expect(answer()).toMatch(/^HTTP\/1.1 413 .*the limit is 16384 bytes/s);
  });

  it('has 16 KiB without a token where it does not say how long it is', async () => {
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
    const head = ['POST /graphql HTTP/1.1', 'content-type: application/json', 'transfer-encoding: chunked'];
    const { answer, closed } = call(head, chunk);
    await closed;
    expect(answer()).toMatch(/^HTTP\/1.1 413 /);
  });

  it.each([
    ['without a token', () => null],
    ['with one', () => fake.asAlice],
  ])('ends after its time %s', async (_what, token) => {
    const { answer, closed } = call(graphql(1_000, token()), 'x'.repeat(999));
    await closed;
    expect(answer()).toMatch(/^HTTP\/1.1 408 .*Timeout while receiving/s);
  });

  it('ends at once where its caller has too many of them', async () => {
    const many = Array.from({ length: 5 }, () => call(graphql(120_000, fake.asBob), 'x'.repeat(119_000)));
    await Promise.all(many.map(({ closed }) => closed));
    const statuses = many.map(({ answer }) => answer().slice(9, 12)).sort();
    expect(statuses.filter((status) => status === '503').length).toBeGreaterThanOrEqual(3);
    expect(statuses.every((status) => status === '503' || status === '408')).toBe(true);
    // What they had taken is free again.
    expect((await fake.query('{ me { role } }', { token: fake.asBob })).status).toBe(200);
  });

  it.each([
    ['an import without a token', () => ['POST /import?kind=items HTTP/1.1'], '401'],
    [
      'an import of a user',
      () => ['POST /import?kind=items HTTP/1.1', `authorization: Bearer ${fake.asAlice}`],
      '403',
    ],
    [
      'an import from a foreign page',
      () => ['POST /import?kind=items HTTP/1.1', 'origin: http://evil.example'],
      '403',
    ],
  ])('is not read on after its refusal: %s', async (_what, head, status) => {
    const caller = call([...head(), 'transfer-encoding: chunked']);
    const block = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    const send = () => {
      while (!caller.socket.destroyed && caller.socket.write(block));
    };
    caller.socket.on('drain', send);
    send();
    await caller.closed;
    expect(caller.answer().slice(9, 12)).toBe(status);
    expect(caller.answer().toLowerCase()).toContain('connection: close');
    // What the kernels hold between the two, and no more.
    expect(caller.socket.bytesWritten).toBeLessThan(16 * 1_048_576);
  });
});

describe('every answer', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({ isLocalOnly: true, allowedOrigins: ['https://shop.example'] });
  });
  afterAll(() => fake.close());

  it.each(['/graphql', '/health/live', '/health/ready', '/nowhere', '/metrics'])(
    'is kept by no cache: %s',
    async (path) => {
      const response = await fetch(`${fake.url}${path}`);
      expect(response.headers.get('cache-control')).toBe('no-store');
    },
  );

  it.each(['/health/live', '/health/ready', '/nowhere'])(
    'to a request without a body keeps its connection open: %s',
    async (path) => {
      expect((await fetch(`${fake.url}${path}`)).headers.get('connection')).toBe('keep-alive');
    },
  );

  it.each([
    ['evil.example', '421'],
    ['127.0.0.1.evil.example', '421'],
    ['localhost.evil.example:4000', '421'],
    ['shop.example', '404'],
    ['localhost:4000', '404'],
    ['LOCALHOST', '404'],
    ['[::1]:4000', '404'],
    ['127.0.0.1', '404'],
  ])('of a local server is for known hosts: %s gets %s', async (host, status) => {
    const { port } = new URL(fake.url);
    const socket = connect(Number(port), '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      socket.write(`GET /nowhere HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    });
    socket.destroy();
    expect(answer.slice(9, 12)).toBe(status);
  });
});
