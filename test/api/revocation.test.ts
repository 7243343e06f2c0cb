/** Revoked tokens: refused by every instance, over HTTP and WebSocket, and their open sockets closed. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Container } from '../../server/app/container.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE, BOB } from '../support/fake-services.js';
import { openAcknowledged } from '../support/raw-socket.js';
import { smallWorld } from '../support/small-world.js';
import { waitFor } from '../support/wait-for.js';

const CREATE = `mutation ($role: Role!, $userId: ID, $days: Int! = 30) {
  createToken(role: $role, userId: $userId, days: $days) { token info { id role userId expiresAt revokedAt } } }`;
const REVOKE = `mutation ($id: ID, $userId: ID, $role: Role) {
  revokeToken(id: $id, userId: $userId, role: $role) { tokenId userId role at } }`;
const ME = '{ me { role userId } }';

describe('tokens that are revoked', () => {
  let clock = Date.UTC(2026, 10, 29);
  const containers: Container[] = [];
  const instances: FakeApi[] = [];
  let root: string;

  beforeAll(async () => {
    const now = () => clock;
    const { container, another } = await smallWorld({ nUsers: 3, clock: now });
    containers.push(container, another({ instanceId: 'second' }));
    await containers[1].start();
    for (const each of containers) {
      each.follow();
      instances.push(await startFakeApi({ services: each.services, bus: each.bus, now }));
    }
    root = instances[0].asAdmin;
  });
  afterAll(async () => {
    for (const instance of instances) await instance.close();
    for (const container of containers) await container.stop();
  });

  async function create(role: 'USER' | 'ADMIN', userId: string | null = null) {
    clock += 1_000;
    const { data, errors } = await instances[0].query(CREATE, { variables: { role, userId }, token: root });
    expect(errors).toBeUndefined();
    return data.createToken as { token: string; info: { id: string } };
  }
  /** Issued a second after whatever was revoked before. */
  async function freshAdmin(): Promise<string> {
    clock += 1_000;
    return (await instances[0].tokens.sign({ role: 'admin', userId: null, ttlSeconds: 600 })).token;
  }
  const statusOf = async (token: string) =>
    Promise.all(instances.map(async (instance) => (await instance.query(ME, { token })).status));
  const revoke = async (variables: object) => {
    clock += 1_000;
    const { data, errors } = await instances[0].query(REVOKE, { variables, token: root });
    expect(errors).toBeUndefined();
    return data.revokeToken;
  };

  it.each([
    ['one by its id', (id: string) => ({ id })],
    ['all of a user', () => ({ userId: ALICE })],
    ['all of a role', () => ({ role: 'USER' })],
  ])('end on every instance, with their sockets, and others go on: %s', async (_what, subject) => {
    const doomed = await create('USER', ALICE);
    const safe = await create('ADMIN');
    expect(await statusOf(doomed.token)).toEqual([200, 200]);
    const sockets = await Promise.all(instances.map(({ url }) => openAcknowledged(url, doomed.token)));
    const others = await Promise.all(instances.map(({ url }) => openAcknowledged(url, safe.token)));
    let nClosed = 0;
    for (const { closed } of others) void closed.then(() => (nClosed += 1));

    await revoke(subject(doomed.info.id));
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4403, 4403]);
    expect(await statusOf(doomed.token)).toEqual([401, 401]);
    expect(await statusOf(safe.token)).toEqual([200, 200]);
    for (const instance of instances) {
      const stream = instance
        .socket(doomed.token)
        .iterate({ query: 'subscription { trainingProgress { id } }' });
      await expect(stream.next()).rejects.toMatchObject({ code: 4403 });
    }
    expect(nClosed).toBe(0);
    for (const { socket } of others) socket.close();

    // What is issued afterwards holds.
    expect(await statusOf((await create('USER', ALICE)).token)).toEqual([200, 200]);
  });

  it('may be those of all administrators, the caller with them', async () => {
    const before = root;
    const doomed = await create('ADMIN');
    await revoke({ role: 'ADMIN' });
    await waitFor(async () => (await statusOf(doomed.token)).join() === '401,401', 'both refuse the token');
    expect(await statusOf(before)).toEqual([401, 401]);
    root = await freshAdmin();
    expect(await statusOf(root)).toEqual([200, 200]);
  });

  it('are refused by an instance that starts afterwards', async () => {
    const { token, info } = await create('USER', BOB);
    await revoke({ id: info.id });
    await containers[1].services.tokens.tokens(1);
    expect((await instances[1].query(ME, { token })).status).toBe(401);
  });

  it('are listed with those that hold, newest first, and never themselves', async () => {
    const { token, info } = await create('USER', BOB);
    await revoke({ id: info.id });
    const { data } = await instances[0].query('{ tokens(first: 2) { id role userId createdAt revokedAt } }', {
      token: root,
    });
    expect(data.tokens).toHaveLength(2);
    expect(data.tokens[0]).toMatchObject({ id: info.id, role: 'USER', userId: BOB });
    expect(data.tokens[0].revokedAt).not.toBeNull();
    expect(JSON.stringify(data)).not.toContain(token.split('.')[2]);
  });

  it.each([
    ['a user token without a user', CREATE, { role: 'USER' }, 'userId'],
    ['a raw id', CREATE, { role: 'USER', userId: 'alice' }, 'userId'],
    ['a life of no days', CREATE, { role: 'ADMIN', days: 0 }, 'days'],
    ['a life beyond the maximum', CREATE, { role: 'ADMIN', days: 366 }, 'days'],
    ['a life beyond all bounds', CREATE, { role: 'ADMIN', days: 2 ** 31 - 1 }, 'days'],
    ['a revocation of nothing', REVOKE, {}, 'id'],
    ['a revocation of two things', REVOKE, { role: 'USER', userId: ALICE }, 'id'],
    ['a revocation of an empty id', REVOKE, { id: '' }, 'id'],
    ['a revocation of a raw id', REVOKE, { userId: 'alice' }, 'userId'],
  ])('are not made of nonsense: %s', async (_what, document, variables, field) => {
    const { errors } = await instances[0].query(document, { variables, token: root });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', field });
  });
});

describe('a demo token', () => {
  it('ends with the demo, on every instance, and its sockets with it', async () => {
    const { container, store, another } = await smallWorld({ nUsers: 3 });
    const other = another({ instanceId: 'second' });
    await other.start();
    const instances = await Promise.all(
      [container, other].map((each) => {
        each.follow();
        return startFakeApi({ services: each.services, bus: each.bus });
      }),
    );
    const [user] = (await store.users.list({ first: 1, after: null })).rows;
    const signIn = `mutation { demoSignIn(userId: "${user.userId}") { ... on DemoSession { token } ... on DemoSignInRefused { message } } }`;
    const { token } = (await instances[0].query(signIn)).data.demoSignIn;
    const sockets = await Promise.all(instances.map(({ url }) => openAcknowledged(url, token)));

    const { itemId } = (await store.items.list({ first: 1, after: null })).rows[0];
    const real = `mutation { sendFeedback(input: { itemId: "${itemId}", value: UP }) { __typename } }`;
    const stranger = await instances[1].tokens.sign({ role: 'user', userId: BOB, ttlSeconds: 60 });
    // There is no model, so there is no list to answer with; the thumb is stored all the same.
    await instances[1].query(real, { token: stranger.token });
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4403, 4403]);
    for (const instance of instances) {
      expect((await instance.query(ME, { token })).status).toBe(401);
      expect((await instance.query(signIn)).data.demoSignIn.message).toContain('real data');
      expect((await instance.query('{ dataset { isSynthetic hasDemo } demoUsers { id } }')).data).toEqual({
        dataset: { isSynthetic: false, hasDemo: false },
        demoUsers: [],
      });
      await instance.close();
    }
    await container.stop();
    await other.stop();
  });
});
