/** Publishable keys over HTTP and WebSocket: what a visitor of a site may do with one, and nothing else. */

import type { Client } from 'graphql-ws';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import type { FakeApi, GraphQLAnswer } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { buildApiSchema } from '../../server/resolvers/index.js';

const SHOP = 'https://shop.example';
const SESSION = 'a'.repeat(22);
const LIST = '{ recommendations(first: 2) { userId items { item { id } } } }';
const CREATE =
  'mutation ($origins: [String!]!) { createPublishableKey(label: "Shop", origins: $origins) { key info { id label origins } } }';
const PUSHES = 'subscription { recommendationsUpdated(first: 1) { cause list { userId } } }';
/** The root fields for guests. Public ones need no credentials at all. */
const OF_GUESTS = [
  'recommendations',
  'sendFeedback',
  'recordEvents',
  'recommendationsUpdated',
  ...['dataset', 'demoUsers', 'demoSignIn'],
];

describe('a publishable key', () => {
  let fake: FakeApi;
  let key: string;
  let keyId: string;

  beforeEach(async () => {
    fake = await startFakeApi();
    const { data } = await fake.query(CREATE, { token: fake.asAdmin, variables: { origins: [SHOP] } });
    ({ key } = data.createPublishableKey);
    keyId = data.createPublishableKey.info.id;
  });
  afterEach(() => fake.close());

  const ask = async (
    query: string,
    { session = SESSION, origin = SHOP as string | null, credential = '' } = {},
  ): Promise<GraphQLAnswer> => {
    const response = await fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${credential === '' ? `${key}.${session}` : credential}`,
        ...(origin === null ? {} : { origin }),
      },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as Pick<GraphQLAnswer, 'data' | 'errors'>;
    return { status: response.status, headers: response.headers, data, errors };
  };
  const socket = (origin: string): Client =>
    createClient({
      url: `${fake.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { origin });
        }
      },
      retryAttempts: 0,
      connectionParams: { token: `${key}.${SESSION}` },
    });

  it('reads the list of its visitor and sends thumbs and events, for pages of its origins', async () => {
    const list = await ask(LIST);
    expect(list.headers.get('access-control-allow-origin')).toBe(SHOP);
    const { userId, items } = list.data.recommendations;
    expect(userId).toMatch(/^[0-9a-f]{64}$/);
    const itemId = items[0].item.id as string;
    const thumb = await ask(
      `mutation { sendFeedback(input: { itemId: "${itemId}", value: DOWN }) { __typename } }`,
    );
    expect(thumb.data.sendFeedback.__typename).toBe('FeedbackAccepted');
    const events = await ask(
      `mutation { recordEvents(events: [{ type: CLICK, itemId: "${itemId}" }]) { recorded } }`,
    );
    expect(events.data.recordEvents.recorded).toBe(1);
    const ids = (answer: GraphQLAnswer) =>
      answer.data.recommendations.items.map(({ item }: { item: { id: string } }) => item.id);
    expect(ids(await ask(LIST))).not.toContain(itemId);
    // Another session is another visitor.
    const other = await ask(LIST, { session: 'b'.repeat(22) });
    expect(other.data.recommendations.userId).not.toBe(userId);
    expect(ids(other)).toContain(itemId);
  });

  it('is refused on pages of other origins, outside of pages, and without a session', async () => {
    const refused = [
      await ask(LIST, { origin: 'https://evil.example' }),
      await ask(LIST, { origin: null }),
      await ask(LIST, { origin: fake.url }),
      await ask(LIST, { credential: key }),
      await ask(LIST, { session: 'short' }),
      await ask(LIST, { credential: `pk_${'x'.repeat(32)}.${SESSION}` }),
    ];
    expect(refused.map(({ status, errors }) => [status, errors?.[0]?.extensions['code']])).toEqual(
      refused.map(() => [401, 'UNAUTHENTICATED']),
    );
    expect(refused[0]!.headers.get('access-control-allow-origin')).toBeNull();
    await expect(
      new Promise((resolve, reject) => {
        socket('https://evil.example').subscribe(
          { query: PUSHES },
          { next: resolve, error: reject, complete: () => resolve(null) },
        );
      }),
    ).rejects.toBeDefined();
  });

  it('acts for no other user', async () => {
    const { status, errors } = await ask(`{ recommendations(userId: "${ALICE}") { userId } }`);
    expect([status, errors?.[0]?.extensions['code']]).toEqual([200, 'FORBIDDEN']);
    const events = await ask(
      `mutation { recordEvents(events: [{ type: CLICK, itemId: "i1", userId: "${ALICE}" }]) { recorded } }`,
    );
    expect(events.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('reaches the root fields for guests and no others', async () => {
    const schema = buildApiSchema();
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((root) => Object.values(root!.getFields()));
    const open = fields.filter(({ extensions }) =>
      ['guest', 'public'].includes(extensions['access'] as string),
    );
    expect(open.map(({ name }) => name).sort()).toEqual([...OF_GUESTS].sort());
    const closed = [
      ...['{ me { role } }', `{ user(id: "${ALICE}") { id } }`, '{ items(first: 1) { nodes { id } } }'],
      ...[
        '{ publishableKeys { id } }',
        'mutation { eraseUser { __typename } }',
        CREATE.replace(/\(\$.*?\)/, '').replace('$origins', '[]'),
      ],
      'mutation { exportUser { __typename } }',
    ];
    for (const query of closed)
      expect((await ask(query)).errors?.[0]?.extensions['code'], query).toBe('FORBIDDEN');
  });

  it('sends at most 20 events in a request', async () => {
    const rows = (count: number) => '{ type: CLICK, itemId: "i1" } '.repeat(count);
    const sent = async (count: number) =>
      (await ask(`mutation { recordEvents(events: [${rows(count)}]) { rejected } }`)).errors?.[0]?.extensions[
        'code'
      ];
    expect(await sent(20)).toBeUndefined();
    expect(await sent(21)).toBe('INVALID_INPUT');
  });

  it('is limited in its requests per second and address, apart from other callers', async () => {
    await fake.close();
    fake = await startFakeApi({ limits: { rate: { perKeyAndAddress: 1 } } });
    const { data } = await fake.query(CREATE, { token: fake.asAdmin, variables: { origins: [SHOP] } });
    ({ key } = data.createPublishableKey);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(LIST)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect((await fake.query('{ me { role } }', { token: fake.asAlice })).status).toBe(200);
  });

  it('is refused, and its sockets closed, once it is revoked', async () => {
    const client: Client = socket(SHOP);
    const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
    const connected = new Promise((resolve) => client.on('connected', resolve));
    client.subscribe(
      { query: PUSHES },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    await connected;
    const revoke = async () =>
      (await fake.query(`mutation { revokePublishableKey(id: "${keyId}") }`, { token: fake.asAdmin })).data
        .revokePublishableKey as boolean;
    expect(await revoke()).toBe(true);
    expect(await closed).toMatchObject({ code: 4403 });
    const { status, headers } = await ask(LIST);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, null]);
    expect(await revoke()).toBe(false);
    const log = await fake.query('{ auditLog(first: 5) { nodes { action target outcome } } }', {
      token: fake.asAdmin,
    });
    expect(log.data.auditLog.nodes).toEqual([
      { action: 'REVOKE_KEY', target: keyId, outcome: 'REFUSED' },
      { action: 'REVOKE_KEY', target: keyId, outcome: 'DONE' },
      { action: 'CREATE_KEY', target: keyId, outcome: 'DONE' },
    ]);
  });

  it('is pushed the lists of its own visitor only', async () => {
    const { userId } = (await ask(LIST)).data.recommendations as { userId: string };
    const pushes = socket(SHOP).iterate<{ recommendationsUpdated: { list: { userId: string } } }>({
      query: PUSHES,
    });
    const first = pushes.next();
    const publish = (of: string) =>
      fake.bus.publish('recommendations.updated', { userId: of, cause: 'EVENTS', receivedAt: Date.now() });
    const timer = setInterval(() => {
      publish(ALICE);
      publish(userId);
    }, 20);
    const { value } = await first;
    clearInterval(timer);
    expect(value?.data?.recommendationsUpdated.list.userId).toBe(userId);
    await pushes.return?.(undefined);
  });

  it('is stored as a hash, and listed without the key', async () => {
    const { data } = await fake.query('{ publishableKeys { id label origins lastUsedAt } }', {
      token: fake.asViewer,
    });
    expect(data.publishableKeys).toEqual([{ id: keyId, label: 'Shop', origins: [SHOP], lastUsedAt: null }]);
    await ask(LIST);
    const stored = await fake.system.services.publishableKeys.keys();
    expect(JSON.stringify(stored)).not.toContain(key);
    expect(stored[0]!.lastUsedAt).not.toBeNull();
  });

  it('is not created for texts that are no origins, none, or too many', async () => {
    const wrong = ['shop.example', `${SHOP}/`, `${SHOP}/cart`, '*', 'null', 'data:text/html,x'];
    const tooMany = Array.from({ length: 21 }, (_, n) => `https://shop${n}.example`);
    for (const origins of [[], tooMany, ...wrong.map((origin) => [SHOP, origin])]) {
      const { errors } = await fake.query(CREATE, { token: fake.asAdmin, variables: { origins } });
      expect(errors?.[0]?.extensions, String(origins)).toMatchObject({
        code: 'INVALID_INPUT',
        field: 'origins',
      });
    }
  });

  it('is created by admins only', async () => {
    for (const token of [fake.asViewer, fake.asAlice, null]) {
      const { errors } = await fake.query(CREATE, { token, variables: { origins: [SHOP] } });
      expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(errors?.[0]?.extensions['code']);
    }
  });
});
