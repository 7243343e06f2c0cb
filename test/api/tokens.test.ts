/** Tokens that hold, and the many ways in which one does not. */

import { createHmac } from 'node:crypto';

import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi, TEST_KEY } from '../support/fake-api.js';
import { ALICE } from '../support/fake-services.js';
import { createTokens } from '../../server/api/index.js';
import { readEvents } from '../../server/ingest/index.js';
import { createPseudonymizer, pseudonymKey } from '../../server/privacy/index.js';

const pseudonymize = (rawId: string) => `${rawId.length}`.padStart(64, '0');
const now = Math.floor(Date.now() / 1_000);
const DAY = 86_400;
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { role: 'admin', iss: 'smartpersona', aud: 'smartpersona-api', iat: now, exp: now + 600 };
const PEPPER = pseudonymKey('7c1f2e5ab09d48e6b3aa5d0c9f1e7246');
async function* bytes(text: string) {
  yield Buffer.from(text);
}
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
  'a user token whose user is blank': () => signed({ ...claims, role: 'user', sub: ' \t' }),
  'a user token whose user is a number': () => signed({ ...claims, role: 'user', sub: 7 }),
  'a user token whose user is an object': () => signed({ ...claims, role: 'user', sub: { $ne: null } }),
  'a user token whose user is a list': () => signed({ ...claims, role: 'user', sub: [ALICE] }),
  'a user token whose user is longer than an id may be': () =>
    signed({ ...claims, role: 'user', sub: 'x'.repeat(257) }),
  'an admin token whose user is null': () => signed({ ...claims, sub: null }),
  'a raw id that claims to be a pseudonym': () =>
    signed({ ...claims, role: 'user', sub: 'alice', pseudonym: true }),
  'a pseudonym in capitals': () =>
    signed({ ...claims, role: 'user', sub: ALICE.toUpperCase(), pseudonym: true }),
  'a pseudonym marked by a text': () => signed({ ...claims, role: 'user', sub: ALICE, pseudonym: 'true' }),
  'a pseudonym marked by a number': () => signed({ ...claims, role: 'user', sub: ALICE, pseudonym: 1 }),
  'one that lives longer than a year': () => signed({ ...claims, exp: now + 366 * DAY }),
  'one issued long ago to live longer than a year': () =>
    signed({ ...claims, iat: now - 300 * DAY, exp: now + 100 * DAY }),
  'one without an issue date that lives longer than a year': () =>
    signed({ ...claims, iat: undefined, exp: now + 366 * DAY }),
  'one that ends after the end of time': () => signed({ ...claims, exp: 1e18 }),
  'one issued in the future': () => signed({ ...claims, iat: now + 3_600 }),
  'one issued infinitely late': async () => {
    const head = `${base64({ alg: 'HS256' })}.${Buffer.from(
      JSON.stringify(claims).replace(`"iat":${now}`, '"iat":1e999'),
    ).toString('base64url')}`;
    return `${head}.${createHmac('sha256', TEST_KEY).update(head).digest('base64url')}`;
  },
  'one whose id is empty': () => signed({ ...claims, jti: '' }),
  'one whose id is a number': () => signed({ ...claims, jti: 5 }),
  'one whose id is too long': () => signed({ ...claims, jti: 'x'.repeat(257) }),
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
    const signedNow = await tokens.sign({ role: 'user', userId: ALICE, ttlSeconds: 60 });
    const { token, tokenId, issuedAt, expiresAt } = signedNow;
    expect(await tokens.verify(token)).toEqual({
      viewer: { role: 'user', userId: ALICE },
      ...{ tokenId, issuedAt, expiresAt, session: null, keyId: null },
      isDemo: false,
    });
    expect([issuedAt, expiresAt]).toEqual([clock, clock + 60_000]);
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
    expect(await viewerOf('boss', 'admin')).toEqual({ role: 'admin', userId: pseudonymize('boss') });
    await expect(viewerOf('')).rejects.toThrow('not valid');
  });

  it.each([
    ['a plain id', 'alice'],
    ['64 hexadecimal digits, such as a hash of an address', ALICE],
    ['the pseudonym of another user', createPseudonymizer(PEPPER).pseudonymize('alice')],
    ['an id with space around it', '  alice\u00a0'],
    ['an id in another alphabet', 'ألِف-7'],
    ['an id of 256 characters', 'x'.repeat(256)],
    ['a number in digits', '007'],
    ['an id that looks like JSON', '{"$ne":1}'],
    ['the name of a property', '__proto__'],
  ])('gives %s the pseudonym that a file gives it, and no other', async (_what, rawId) => {
    const { pseudonymize: real } = createPseudonymizer(PEPPER);
    const tokens = createTokens({ key: TEST_KEY, pseudonymize: real });
    const token = await signed({ ...claims, role: 'user', sub: rawId });
    const { viewer } = await tokens.verify(token);
    expect(viewer.userId).not.toBe(rawId);

    const line = JSON.stringify({ userId: rawId, type: 'search', itemId: '', timestamp: '2026-01-05' });
    const source = { name: 'e.jsonl', totalBytes: 0, open: () => bytes(`${line}\n`) };
    const inFile: string[] = [];
    for await (const { rows } of readEvents(source, { pseudonymize: real, now: Date.now() }))
      inFile.push(...rows.map((row) => row.userId));
    expect(inFile).toEqual([viewer.userId]);
  });

  it('of this product carries the pseudonym, marked as one', async () => {
    const tokens = createTokens({ key: TEST_KEY, pseudonymize });
    for (const isDemo of [true, false]) {
      const { token } = await tokens.sign({ role: 'user', userId: ALICE, ttlSeconds: 60, isDemo });
      expect(decodeJwt(token)).toMatchObject({ sub: ALICE, pseudonym: true });
      expect((await tokens.verify(token)).viewer).toEqual({ role: 'user', userId: ALICE });
    }
  });

  it('may live as long as the settings say and no longer', async () => {
    const tokens = createTokens({ key: TEST_KEY, pseudonymize, maxDays: 7 });
    const sign = (days: number) => tokens.sign({ role: 'admin', userId: null, ttlSeconds: days * DAY });
    await expect(tokens.verify((await sign(7)).token)).resolves.toBeDefined();
    await expect(sign(8)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'days' });
    const foreign = await signed({ ...claims, exp: now + 8 * DAY });
    await expect(tokens.verify(foreign)).rejects.toThrow('a token may be valid for at most 7 days');
  });

  it('cannot be signed with a short key', () => {
    expect(() => createTokens({ key: new Uint8Array(16), pseudonymize })).toThrow('32 bytes');
  });
});
