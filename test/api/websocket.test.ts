/** graphql-transport-ws: every close code, the limits, and pushes to the right sockets. */

import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DatabaseUnavailableError } from '../../server/domain/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE, BOB } from '../support/fake-services.js';
import { openAcknowledged, openRawSocket } from '../support/raw-socket.js';

const UPDATES =
  'subscription { recommendationsUpdated(first: 3) { cause latencyMs list { revision userId items { rank item { id } } } } }';
const subscribe = (query: string, id = '1', variables?: object) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
});

describe('the WebSocket', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi({
      limits: { socket: { initTimeoutMs: 200, maxSubscriptions: 3, maxMessageBytes: 10_000 } },
    });
  });
  afterAll(() => fake.close());

  it('pushes the new list after a thumb to every window of that user and to nobody else', async () => {
    const windows = [fake.asAlice, fake.asAlice].map((token) =>
      fake.socket(token).iterate({ query: UPDATES }),
    );
    const bobs = fake.socket(fake.asBob).iterate({ query: UPDATES });
    const pushes = windows.map((window) => window.next());
    const bobsPush = bobs.next();
    await expect.poll(() => fake.bus.size).toBe(3);

    const thumb =
      'mutation T($item: ID!, $value: Opinion!) { sendFeedback(input: { itemId: $item, value: $value }) { ... on FeedbackAccepted { list { revision } } } }';
    await fake.query(thumb, { token: fake.asAlice, variables: { item: 'i0', value: 'DOWN' } });
    for (const push of pushes) {
      const { list, cause, latencyMs } = (await push).value.data.recommendationsUpdated;
      expect(cause).toBe('FEEDBACK');
      expect(latencyMs).toBeGreaterThanOrEqual(0);
      expect(list.userId).toBe(ALICE);
      expect(list.items.map((row: { item: { id: string } }) => row.item.id)).toEqual(['i1', 'i2', 'i3']);
    }
    await fake.query(thumb, { token: fake.asBob, variables: { item: 'i1', value: 'DOWN' } });
    expect((await bobsPush).value.data.recommendationsUpdated.list.userId).toBe(BOB);

    await Promise.all([...windows, bobs].map((results) => results.return?.()));
    await expect.poll(() => fake.bus.size).toBe(0);
  });

  it('makes a list once for the windows of one user that ask the same, and anew for those that ask otherwise', async () => {
    const ask = (query: string) => fake.socket(fake.asAlice).iterate({ query });
    const windows = [ask(UPDATES), ask(UPDATES), ask(UPDATES.replace('first: 3', 'first: 2'))];
    const pushes = windows.map((window) => window.next());
    await expect.poll(() => fake.bus.size).toBe(3);
    const calls = () => fake.system.calls['countShown'] ?? 0;
    const before = calls();
    fake.bus.publish('recommendations.updated', { userId: ALICE, cause: 'EVENTS', receivedAt: Date.now() });
    const lengths = (await Promise.all(pushes)).map(
      ({ value }) => value.data.recommendationsUpdated.list.items.length,
    );
    expect(lengths).toEqual([3, 3, 2]);
    expect(calls() - before).toBe(2);
    await Promise.all(windows.map((window) => window.return?.()));
    await expect.poll(() => fake.bus.size).toBe(0);
  });

  it('pushes to everybody when another model becomes active', async () => {
    const results = fake.socket(fake.asAlice).iterate({ query: UPDATES });
    const push = results.next();
    await expect.poll(() => fake.bus.size).toBe(1);
    fake.bus.publish('model.activated', { version: 2 });
    expect((await push).value.data.recommendationsUpdated.cause).toBe('MODEL');
    await results.return?.();
  });

  it('tells of a failing push by an error with a code and goes on after it', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send(subscribe(UPDATES));
    await expect.poll(() => fake.bus.size).toBe(1);
    fake.system.failure = new Error('secret detail of the driver');
    fake.bus.publish('model.activated', { version: 2 });
    const failed = await raw.next();
    expect(failed.payload.errors[0]).toMatchObject({
      message: 'Internal server error',
      extensions: { code: 'INTERNAL_SERVER_ERROR', reference: expect.any(String) },
    });
    expect(JSON.stringify(failed)).not.toContain('secret');
    fake.system.failure = null;
    fake.bus.publish('model.activated', { version: 2 });
    expect((await raw.next()).payload.data.recommendationsUpdated.cause).toBe('MODEL');
    raw.socket.terminate();
    await expect.poll(() => fake.bus.size).toBe(0);
  });

  it('reads items anew for every push', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send(subscribe('subscription { recommendationsUpdated { list { items { item { id title } } } } }'));
    await expect.poll(() => fake.bus.size).toBe(1);
    const titleOf = async (): Promise<string> => {
      fake.bus.publish('model.activated', { version: 2 });
      const { items } = (await raw.next()).payload.data.recommendationsUpdated.list;
      return items.find(({ item }: { item: { id: string } }) => item.id === 'i4').item.title;
    };
    expect(await titleOf()).toBe('Item 4');
    await fake.query('mutation { importItems(items: [{ id: "i4", title: "Renamed" }]) { updated } }', {
      token: fake.asAdmin,
    });
    expect(await titleOf()).toBe('Renamed');
    raw.socket.terminate();
  });

  it.each([
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a query', '{ me { role } }', 'SUBSCRIPTIONS_ONLY'],
    ['a mutation', 'mutation { retrain { __typename } }', 'SUBSCRIPTIONS_ONLY'],
    ['introspection', '{ __schema { types { name } } }', 'SUBSCRIPTIONS_ONLY'],
    [
      'a choice of operations',
      'subscription A { trainingProgress { id } } subscription B { trainingProgress { id } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a page too large', 'subscription { recommendationsUpdated(first: 101) { cause } }', 'INVALID_INPUT'],
    ['another user', `subscription { recommendationsUpdated(userId: "${BOB}") { cause } }`, 'FORBIDDEN'],
    ['an admin field', 'subscription { trainingProgress { id } }', 'FORBIDDEN'],
    [
      'too many tokens',
      `subscription { ${'trainingProgress '.repeat(3_000)} }`.slice(0, 9_000),
      'GRAPHQL_PARSE_FAILED',
    ],
    [
      'too many aliases',
      `subscription { recommendationsUpdated { ${Array.from({ length: 31 }, (_, i) => `a${i}: cause`).join(' ')} } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'too many directives',
      `subscription { recommendationsUpdated { cause ${'@include(if: true) '.repeat(21)} } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('answers %s with an error and keeps the socket open', async (_what, query, code) => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send(subscribe(query));
    const answer = await raw.next();
    const errors = answer.type === 'error' ? answer.payload : answer.payload.errors;
    expect(errors[0].extensions.code).toBe(code);
    raw.send({ type: 'ping' });
    await expect.poll(async () => (await raw.next()).type).toBe('pong');
    raw.socket.terminate();
  });

  it('answers bad variables with an error that gives nothing away', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send(
      subscribe('subscription S($first: Int!) { recommendationsUpdated(first: $first) { cause } }', '1', {
        first: 'x',
      }),
    );
    const { type, payload } = await raw.next();
    expect([type, payload[0].extensions.code]).toEqual(['error', 'BAD_USER_INPUT']);
    raw.socket.terminate();
  });

  it('caps the subscriptions of one socket', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    for (const id of ['1', '2', '3', '4']) raw.send(subscribe(UPDATES, id));
    expect(await raw.next()).toMatchObject({
      id: '4',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    });
    raw.socket.terminate();
    await expect.poll(() => fake.bus.size).toBe(0);
  });

  it('gives a peer that stops reading the newest list when it reads again, not a queue', async () => {
    const raw = await openAcknowledged(fake.url, fake.asBob);
    raw.send(
      subscribe(
        'subscription { recommendationsUpdated(first: 30) { list { revision items { item { id title tags } } } } }',
      ),
    );
    await expect.poll(() => fake.bus.size).toBe(1);
    const before = fake.system.calls['recommend'] ?? 0;
    const ranked = (): number => (fake.system.calls['recommend'] ?? 0) - before;
    let received = 0;
    let revision = -1;
    raw.socket.on('message', (data) => {
      received += 1;
      revision = JSON.parse(String(data)).payload.data.recommendationsUpdated.list.revision;
    });
    raw.socket.pause();
    // Until what lies between the two ends is full: from then on nothing is ranked for this peer any more.
    let published = 0;
    for (let idle = 0; idle < 200 && published < 100_000; published += 1) {
      const rankedBefore = ranked();
      fake.bus.publish('model.activated', { version: 2 });
      await new Promise((resolve) => setImmediate(resolve));
      idle = ranked() === rankedBefore ? idle + 1 : 0;
    }
    expect(published).toBeLessThan(100_000);
    const thumb = await fake.query(
      'mutation { sendFeedback(input: { itemId: "i3", value: UP }) { ... on FeedbackAccepted { list { revision } } } }',
      { token: fake.asBob },
    );
    raw.socket.resume();
    await expect.poll(() => revision, { timeout: 10_000 }).toBe(thumb.data.sendFeedback.list.revision);
    expect(received).toBeLessThan(published);
    raw.socket.terminate();
  });

  it('ends a subscription on complete', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send(subscribe(UPDATES));
    await expect.poll(() => fake.bus.size).toBe(1);
    raw.send({ type: 'complete', id: '1' });
    await expect.poll(() => fake.bus.size).toBe(0);
    raw.socket.terminate();
  });

  it.each([
    [4400, 'text that is not JSON', ['nonsense']],
    [4400, 'a message of an unknown type', [{ type: 'start', id: '1' }]],
    [4400, 'a message without a type', [{}]],
    [4400, 'a message only servers send', [{ type: 'connection_ack' }]],
    [4400, 'a subscribe without a query', [{ type: 'subscribe', id: '1', payload: {} }]],
    [4400, 'a binary message', [Buffer.from('{}')]],
    [4401, 'a subscribe before connection_init', [subscribe(UPDATES)]],
    [4403, 'a connection_init without a token', [{ type: 'connection_init' }]],
    [
      4403,
      'a connection_init whose token is no string',
      [{ type: 'connection_init', payload: { token: { $ne: '' } } }],
    ],
    [4408, 'no connection_init at all', []],
    [1009, 'a message too large', ['x'.repeat(10_001)]],
  ])('closes with %i for %s', async (code, _what, messages) => {
    const raw = await openRawSocket(fake.url);
    for (const message of messages) {
      if (Buffer.isBuffer(message)) raw.socket.send(message);
      else raw.send(message);
    }
    expect(await raw.closed).toBe(code);
  });

  it('closes with 4429 for a second connection_init and with 4409 for an id in use', async () => {
    const twice = await openAcknowledged(fake.url, fake.asAlice);
    twice.send({ type: 'connection_init', payload: { token: fake.asAlice } });
    expect(await twice.closed).toBe(4429);
    const reused = await openAcknowledged(fake.url, fake.asAlice);
    reused.send(subscribe(UPDATES));
    reused.send(subscribe(UPDATES));
    expect(await reused.closed).toBe(4409);
  });

  it('closes with 1013 while the database is away, and with 4500 for what nobody expected', async () => {
    let thrown: Error = new Error('not yet');
    const { tokens } = fake;
    const failing = await startFakeApi({ tokens: { ...tokens, verify: () => Promise.reject(thrown) } });
    const failures: [Error, number][] = [
      [new DatabaseUnavailableError(), 1013],
      [new TypeError('secret detail'), 4500],
    ];
    for (const [failure, code] of failures) {
      thrown = failure;
      const raw = await openRawSocket(failing.url);
      const reason = new Promise((resolve) =>
        raw.socket.once('close', (_code, text) => resolve(String(text))),
      );
      raw.send({ type: 'connection_init', payload: { token: fake.asAlice } });
      expect(await raw.closed).toBe(code);
      expect(await reason).not.toContain('secret');
    }
    await failing.close();
  });

  it('closes with 4406 for another protocol', async () => {
    const raw = await openRawSocket(fake.url, {}, 'graphql-ws').catch(() => null);
    // The client itself may refuse a server that chose none of its protocols.
    if (raw !== null) expect(await raw.closed).toBe(4406);
  });

  it('closes with 4403 when the token ends', async () => {
    let shift = 0;
    const short = await startFakeApi({ now: () => Date.now() + shift });
    const { token } = await short.tokens.sign({ role: 'user', userId: ALICE, ttlSeconds: 1 });
    const raw = await openAcknowledged(short.url, token);
    expect(await raw.closed).toBe(4403);
    shift = 0;
    await short.close();
  });

  it('closes with 1008 for a flood of messages', async () => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    for (let i = 0; i < 500; i += 1) raw.send({ type: 'ping' });
    expect(await raw.closed).toBe(1008);
  });

  it.each([
    ['another path', {}, '/other', 404],
    ['a page of another origin', { origin: 'https://evil.example' }, '/graphql', 403],
    ['an origin that is no address', { origin: 'null' }, '/graphql', 403],
  ])('refuses the upgrade for %s', async (_what, options, path, status) => {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(fake.url.replace('http', 'ws') + path, 'graphql-transport-ws', options);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(status);
    socket.on('error', () => undefined);
    socket.terminate();
  });

  it('lets pages of its own origin and of allowed ones in', async () => {
    const shop = await startFakeApi({ allowedOrigins: ['https://shop.example'] });
    for (const origin of [shop.url, 'https://shop.example']) {
      const raw = await openRawSocket(shop.url, { origin });
      expect(raw.socket.readyState).toBe(raw.socket.OPEN);
    }
    await shop.close();
  });

  it('caps the sockets of one address and frees the place of one that closed', async () => {
    const small = await startFakeApi({ limits: { socket: { maxSocketsPerAddress: 2 } } });
    const [first] = [await openRawSocket(small.url), await openRawSocket(small.url)];
    await expect(openRawSocket(small.url)).rejects.toThrow('429');
    first!.socket.terminate();
    await expect
      .poll(() =>
        openRawSocket(small.url).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await small.close();
  });

  it('closes every socket with 1001 when the server goes away', async () => {
    const going = await startFakeApi();
    const raw = await openAcknowledged(going.url, going.asAlice);
    raw.send(subscribe(UPDATES));
    await expect.poll(() => going.bus.size).toBe(1);
    await going.api.close();
    expect(await raw.closed).toBe(1001);
    expect(going.bus.size).toBe(0);
  });
});
