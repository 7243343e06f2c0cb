/** `GET /model`: who may read it, caches, other origins, and a server that does not publish it. */

import { afterEach, describe, expect, it } from 'vitest';

import { NoActiveModelError } from '../../server/domain/index.js';
import type { ItemSidePort } from '../../server/services/index.js';
import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';

const SHOP = 'https://shop.example';
const BYTES = Uint8Array.of(31, 139, 0, 255, 10);
const PUBLISHED: ItemSidePort = { file: async () => ({ version: 3, bytes: BYTES, etag: '"seven"' }) };

describe('GET /model', () => {
  let fake: FakeApi;
  afterEach(() => fake.close());

  const ask = (
    token: string | null,
    { path = '/model', ...init }: RequestInit & { path?: string; headers?: Record<string, string> } = {},
  ) =>
    fetch(fake.url + path, {
      ...init,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...init.headers },
    });
  const codeOf = async (response: Response) =>
    ((await response.json()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code;

  it('gives the file to users, viewers and administrators', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    for (const token of [fake.asAlice, fake.asViewer, fake.asAdmin]) {
      const response = await ask(token);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/gzip');
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-length')).toBe(String(BYTES.length));
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(BYTES);
    }
  });

  it('gives it to a publishable key from a page of its origins, and to no other page', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    const { data } = await fake.query(
      'mutation ($origins: [String!]!) { createPublishableKey(label: "Shop", origins: $origins) { key } }',
      { token: fake.asAdmin, variables: { origins: [SHOP] } },
    );
    const credential = `${data.createPublishableKey.key}.${'a'.repeat(22)}`;
    const response = await ask(credential, { headers: { origin: SHOP } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect((await ask(credential, { headers: { origin: 'https://other.example' } })).status).toBe(401);
    const preflight = await ask(null, {
      method: 'OPTIONS',
      headers: { origin: SHOP, 'access-control-request-headers': 'authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  it('refuses callers without a valid token', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    for (const token of [null, 'nonsense']) {
      const response = await ask(token);
      expect(response.status).toBe(401);
      expect(await codeOf(response)).toBe('UNAUTHENTICATED');
    }
  });

  it('answers 304 to a cache that has the file', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    const { headers } = await ask(fake.asAlice);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    const again = await ask(fake.asAlice, { headers: { 'if-none-match': headers.get('etag')! } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    const other = await ask(fake.asAlice, { headers: { 'if-none-match': '"six", W/"seven"' } });
    expect(other.status).toBe(304);
    expect((await ask(fake.asAlice, { headers: { 'if-none-match': '"six"' } })).status).toBe(200);
  });

  it('knows the active version by its number, and no other', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    expect((await ask(fake.asAlice, { path: '/model/3' })).status).toBe(200);
    const older = await ask(fake.asAlice, { path: '/model/2' });
    expect(older.status).toBe(404);
    expect(await codeOf(older)).toBe('NOT_FOUND');
    expect((await ask(fake.asAlice, { path: '/model/three' })).status).toBe(404);
  });

  it('tells a HEAD its size and its ETag, without the file', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    const whole = await ask(fake.asAlice);
    const head = await ask(fake.asAlice, { method: 'HEAD' });
    expect(head.status).toBe(200);
    for (const name of ['etag', 'content-length', 'content-type'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    expect(await head.text()).toBe('');
  });

  it('accepts no other method', async () => {
    fake = await startFakeApi({ itemSide: PUBLISHED });
    const response = await ask(fake.asAdmin, { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('is closed on a server that does not publish its model, and without a model', async () => {
    fake = await startFakeApi();
    expect((await ask(null)).status).toBe(401);
    const closed = await ask(fake.asAdmin);
    expect(closed.status).toBe(404);
    expect(await codeOf(closed)).toBe('NOT_FOUND');
    await fake.close();
    fake = await startFakeApi({ itemSide: { file: () => Promise.reject(new NoActiveModelError()) } });
    const early = await ask(fake.asAlice);
    expect(early.status).toBe(404);
    expect(await codeOf(early)).toBe('NO_ACTIVE_MODEL');
  });

  it('hides the cause of an unexpected failure', async () => {
    fake = await startFakeApi({ itemSide: { file: () => Promise.reject(new Error('secret')) } });
    const response = await ask(fake.asAlice);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });
});
