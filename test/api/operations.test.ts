/** Registered operations: named by hash over HTTP and WebSocket, and served alone where the installation wants that. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readManifest } from '../../server/api/index.js';
import { buildApiSchema } from '../../server/resolvers/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { openAcknowledged } from '../support/raw-socket.js';

const ME = 'query Me { me { userId } }';
const RETRAIN = 'mutation Retrain { retrain { __typename } }';
const UPDATES = 'subscription Updates { recommendationsUpdated { cause } }';
const OTHER = '{ me { role } }';
/** A header that no foreign page can send unasked. */
const CHECKED = { 'apollo-require-preflight': 'yes', accept: 'application/graphql-response+json' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const manifest = JSON.stringify({
  [`sha256:${sha256(ME)}`]: ME,
  [sha256(UPDATES)]: UPDATES,
  [sha256(RETRAIN)]: RETRAIN,
});
const byHash = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } });

describe('registered operations', () => {
  let open: FakeApi;
  let only: FakeApi;
  beforeAll(async () => {
    const operations = readManifest(manifest);
    open = await startFakeApi({ operations });
    only = await startFakeApi({ operations, isPersistedOnly: true });
  });
  afterAll(() => Promise.all([open.close(), only.close()]));

  const post = async (fake: FakeApi, body: object, accept = 'application/json') => {
    const response = await fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${fake.asAlice}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { data?: any; errors?: any[] };
    return { status: response.status, code: answer.errors?.[0]?.extensions?.code ?? null, ...answer };
  };
  const get = async (
    fake: FakeApi,
    params: Record<string, string>,
    headers: Record<string, string> = CHECKED,
  ) => {
    const response = await fetch(`${fake.url}/graphql?${new URLSearchParams(params).toString()}`, {
      headers: { ...headers, authorization: `Bearer ${fake.asAdmin}` },
    });
    return { status: response.status, text: await response.text() };
  };
  const subscribe = async (fake: FakeApi, payload: object) => {
    const raw = await openAcknowledged(fake.url, fake.asAlice);
    raw.send({ type: 'subscribe', id: '1', payload });
    return raw;
  };

  it.each([
    ['documentId with the name of the algorithm', { documentId: `sha256:${sha256(ME)}` }],
    ['documentId', { documentId: sha256(ME) }],
    ['the extension that Apollo and urql send', { extensions: byHash(ME) }],
    ['hash and text', { query: ME, extensions: byHash(ME) }],
  ])('are found by %s', async (_how, body) => {
    for (const fake of [open, only]) expect((await post(fake, body)).data).toEqual({ me: { userId: ALICE } });
  });

  it.each([
    ['documentId', { documentId: sha256(ME) }],
    ['the extension', { extensions: JSON.stringify(byHash(ME)) }],
    [
      'the extension, its variables and its name',
      { operationName: 'Me', variables: '{}', extensions: JSON.stringify(byHash(ME)) },
    ],
  ])('are found by GET by %s', async (_how, params) => {
    for (const fake of [open, only])
      expect(await get(fake, params)).toMatchObject({ status: 200, text: expect.stringContaining('"me"') });
  });

  it('are not run by GET where they change something, where a foreign page may have sent them, or where the hash is unknown', async () => {
    for (const fake of [open, only]) {
      expect((await get(fake, { documentId: sha256(RETRAIN) })).status).toBe(405);
      expect((await get(fake, { documentId: sha256(ME) }, {})).status).toBe(400);
      const unknown = await get(fake, { extensions: JSON.stringify(byHash(OTHER)) });
      expect(unknown).toMatchObject({
        status: 400,
        text: expect.stringContaining('PERSISTED_QUERY_NOT_FOUND'),
      });
      expect(fake.system.calls['retrain']).toBeUndefined();
    }
    expect((await get(open, { query: OTHER, extensions: '{' })).status).toBe(400);
    expect((await get(only, { query: OTHER, documentId: sha256(ME) })).text).toContain(
      'PERSISTED_QUERY_MISMATCH',
    );
  });

  it('are asked for again with their text when the hash is unknown, and never learnt from a request', async () => {
    const unknown = await post(open, { extensions: byHash(OTHER) });
    expect(unknown).toMatchObject({ status: 200, code: 'PERSISTED_QUERY_NOT_FOUND' });
    expect(unknown.errors?.[0].message).toBe('PersistedQueryNotFound');
    const withText = await post(open, { query: OTHER, extensions: byHash(OTHER) });
    expect(withText.data).toEqual({ me: { role: 'USER' } });
    const again = await post(open, { extensions: byHash(OTHER) }, 'application/graphql-response+json');
    expect(again).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_NOT_FOUND' });
  });

  it('are not confused with another text under their hash', async () => {
    for (const fake of [open, only]) {
      const answer = await post(fake, { query: OTHER, extensions: byHash(ME) });
      expect(answer).toMatchObject({ code: 'PERSISTED_QUERY_MISMATCH' });
      expect(answer.data).toBeUndefined();
    }
  });

  it.each([
    ['a number', { documentId: 7 }],
    ['no hash', { documentId: '../../etc/passwd' }],
    ['an extension of another form', { extensions: { persistedQuery: { sha256Hash: { $ne: '' } } } }],
    ['an extension that is null', { extensions: { persistedQuery: null } }],
    ['a hash in capitals', { documentId: sha256(ME).toUpperCase() }],
  ])('are not found by %s, which is the caller to blame', async (_what, body) => {
    const answer = await post(open, body, 'application/graphql-response+json');
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    expect(open.logged).toEqual([]);
  });

  it('are served over the WebSocket by hash', async () => {
    for (const fake of [open, only]) {
      const raw = await subscribe(fake, { query: '', extensions: byHash(UPDATES) });
      await expect.poll(() => fake.bus.size).toBe(1);
      fake.bus.publish('model.activated', { version: 2 });
      expect((await raw.next()).payload.data.recommendationsUpdated.cause).toBe('MODEL');
      raw.socket.terminate();
      await expect.poll(() => fake.bus.size).toBe(0);
    }
  });

  it('are the only ones where the installation says so: by POST, by GET and over the WebSocket', async () => {
    expect(await post(only, { query: OTHER })).toMatchObject({ code: 'PERSISTED_QUERY_REQUIRED' });
    expect(await post(only, { query: `${ME} ` })).toMatchObject({ code: 'PERSISTED_QUERY_REQUIRED' });
    expect((await post(only, { query: ME })).data.me.userId).toBe(ALICE);
    expect((await get(only, { query: OTHER })).text).toContain('PERSISTED_QUERY_REQUIRED');
    const raw = await subscribe(only, { query: 'subscription { recommendationsUpdated { latencyMs } }' });
    expect(await raw.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'PERSISTED_QUERY_REQUIRED' } }],
    });
    raw.socket.terminate();
  });

  it('of the client are all valid, and each stands under its own hash', () => {
    const operations = readManifest(readFileSync('dist/persisted-operations.json', 'utf8'));
    expect(operations.size).toBeGreaterThan(5);
    const schema = buildApiSchema();
    for (const text of operations.values()) expect(validate(schema, parse(text))).toEqual([]);
  });

  it('cannot be read from a manifest whose hashes are not those of its texts', () => {
    expect(() => readManifest(JSON.stringify({ [sha256(ME)]: OTHER }))).toThrow('is not the SHA-256');
    expect(() => readManifest('{ "Me": "query" }')).toThrow('is not the SHA-256');
    expect(() => readManifest('[')).toThrow();
  });
});
