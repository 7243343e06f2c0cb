/** Tokens that hold, and the many ways in which one does not. */

import { createHmac } from 'node:crypto';

import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi, TEST_KEY } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { createTokens } from '../../server/app/api/index.js';

const pseudonymize = (rawId: string) => `${rawId.length}`.padStart(64, '0');
const now = Math.floor(Date.now() / 1_000);
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { role: 'admin', iss: 'smartpersona', aud: 'smartpersona-api', iat: now, exp: now + 600 };
const signed = (payload: Record<string, unknown>, key = TEST_KEY): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(key);

const BAD_TOKENS: Record<string, () => Promise<string> | string> = {
  'one of another key': () => signed(claims, new TextEncoder().encode('another key that is long enough too')),
  'one for another audience': () => signed({ ...claims, aud: 'somebody-else' }),
  'one of another issuer': () => signed({ ...claims, iss: 'somebody-else' }),
  'one that has expired': () => signed({ ...claims, exp: now - 1 }),
  'one without an expiry': () => signed({ role: 'admin', iss: claims.iss, aud: claims.aud }),
  'one without a role': () => signed({ ...claims, role: undefined }),
  'one with an unknown role': () => signed({ ...claims, role: 'root' }),
  'a user token without a user': () => signed({ ...claims, role: 'user' }),
  'one that claims the algorithm "none"': () => `${base64({ alg: 'none' })}.${base64(claims)}.`,
  'one signed with another algorithm': () => {
    const head = `${base64({ alg: 'HS512' })}.${base64(claims)}`;
    return `${head}.${createHmac('sha512', TEST_KEY).update(head).digest('base64url')}`;
  },
  'one whose claims were changed': async () => {
    const [head, , signature] = (await signed({ ...claims, role: 'user', sub: ALICE })).split('.');
    return `${head}.${base64(claims)}.${signature}`;
  },
  'no token at all': () => 'nonsense',
  'a very long one': () => 'a'.repeat(9_000),
};

describe('a token', () => {
  let fake: FakeApi;
  beforeAll(async () => {
    fake = await startFakeApi();
  });
  afterAll(() => fake.close());

  it('is accepted when this server signed it', async () => {
    const answer = await fake.query('{ me { role } }', { token: await signed(claims) });
    expect(answer.data.me.role).toBe('ADMIN');
  });

  it.each(Object.keys(BAD_TOKENS))('is refused over HTTP and WebSocket: %s', async (kind) => {
    const token = await BAD_TOKENS[kind]!();
    expect(await fake.query('{ me { role } }', { token })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const subscription = fake.socket(token).iterate({ query: 'subscription { trainingProgress { id } }' });
    await expect(subscription.next()).rejects.toMatchObject({ code: 4403 });
  });

  it('is refused under another scheme', async () => {
    const response = await fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Basic YTpi' },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.status).toBe(401);
  });

  it('ends at its time even when it was verified before', async () => {
    let clock = 1_000_000_000_000;
    const tokens = createTokens({ key: TEST_KEY, pseudonymize, now: () => clock });
    const { token, expiresAt } = await tokens.sign({ role: 'user', userId: ALICE, ttlSeconds: 60 });
    expect(await tokens.verify(token)).toEqual({
      viewer: { role: 'user', userId: ALICE },
      expiresAt,
      isDemo: false,
    });
    clock += 60_001;
    await expect(tokens.verify(token)).rejects.toThrow('The token has expired.');
  });

  it('may stand for a raw id, which gets no further than the door', async () => {
    const tokens = createTokens({ key: TEST_KEY, pseudonymize });
    const viewerOf = async (sub: string, role = 'user') =>
      (await tokens.verify(await signed({ ...claims, role, sub }))).viewer;
    expect(await viewerOf('alice@example.org')).toEqual({
      role: 'user',
      userId: pseudonymize('alice@example.org'),
    });
    expect(await viewerOf(ALICE)).toEqual({ role: 'user', userId: ALICE });
    expect(await viewerOf('boss', 'admin')).toEqual({ role: 'admin', userId: pseudonymize('boss') });
    await expect(viewerOf('')).rejects.toThrow('not valid');
  });

  it('cannot be signed with a short key', () => {
    expect(() => createTokens({ key: new Uint8Array(16), pseudonymize })).toThrow('32 bytes');
  });
});
