/** Sign-in of accounts over HTTP: cookies, pages that may use them, limits, and what a session may do. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';

import type { FakeApi } from '../support/fake-api.js';
import { startFakeApi } from '../support/fake-api.js';

const PASSWORD = 'correct horse battery';

describe('accounts', () => {
  let fake: FakeApi;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    fake = await startFakeApi({ now: () => now });
  });
  afterEach(() => fake.close());

  async function post(path: string, body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${fake.url}/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: fake.url, ...headers },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as {
      account?: { name: string; role: string } | null;
      name?: string | null;
      errors?: { message: string; extensions: Record<string, unknown> }[];
    };
    const setCookie = response.headers.get('set-cookie') ?? '';
    return { status: response.status, ...answer, setCookie, cookie: setCookie.split(';')[0]! };
  }
  const codeOf = ({ path }: { path: string }) => path.replace('/set-up?code=', '');
  async function setUp(headers: Record<string, string> = {}) {
    const link = (await fake.system.services.accounts.inviteFirst())!;
    return post('set-up', { code: codeOf(link), name: 'Ada', password: PASSWORD }, headers);
  }
  async function ask(query: string, headers: Record<string, string>) {
    const response = await fetch(`${fake.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { data: any; errors?: { extensions: { code: string } }[] };
  }

  it('begin with a link and a cookie that scripts and other sites do not get', async () => {
    const { status, account, setCookie, cookie } = await setUp();
    expect({ status, account }).toMatchObject({ status: 200, account: { name: 'Ada', role: 'ADMIN' } });
    expect(setCookie).toMatch(
      /^smartpersona_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    const me = await ask('{ me { role userId } trainingRuns { id } }', { cookie, origin: fake.url });
    expect(me.data).toMatchObject({ me: { role: 'ADMIN', userId: null }, trainingRuns: [{ id: 'run-1' }] });
    expect((await post('session', {}, { cookie })).account).toMatchObject({ name: 'Ada', role: 'ADMIN' });
  });

  it('get a Secure cookie where the page was loaded over https', async () => {
    const origin = fake.url.replace('http:', 'https:');
    expect((await setUp({ origin })).setCookie).toMatch(/; SameSite=Strict; Secure$/);
  });

  it('tell whom a link is for, and refuse what is no link', async () => {
    const link = (await fake.system.services.accounts.inviteFirst())!;
    expect(await post('invitation', { code: codeOf(link) })).toMatchObject({ status: 200, name: null });
    const refused = await post('invitation', { code: 'guess' });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.errors![0]!.extensions['code']).toBe('INVITATION_INVALID');
    const short = await post('set-up', { code: codeOf(link), name: 'Ada', password: 'short' });
    expect(short.errors![0]!.extensions).toEqual({ code: 'INVALID_INPUT', field: 'password' });
  });

  it('sign in and out', async () => {
    const first = await setUp();
    const { cookie, account } = await post('sign-in', { name: 'ADA', password: PASSWORD });
    expect(account).toMatchObject({ name: 'Ada' });
    expect(cookie).not.toBe(first.cookie);
    const out = await post('sign-out', {}, { cookie });
    expect(out.setCookie).toContain('smartpersona_session=; Path=/; Max-Age=0');
    expect((await post('session', {}, { cookie })).account).toBeNull();
    expect((await post('session', {}, { cookie: first.cookie })).account).not.toBeNull();
  });

  it('refuse a wrong password and an unknown name alike', async () => {
    await setUp();
    const [wrong, unknown] = [
      await post('sign-in', { name: 'Ada', password: 'wrong' }),
      await post('sign-in', { name: 'Eve', password: 'wrong' }),
    ];
    expect(wrong).toEqual(unknown);
    expect(wrong).toMatchObject({ status: 401, errors: [{ extensions: { code: 'WRONG_PASSWORD' } }] });
  });

  it('refuse guesses after ten for a name, also concurrent ones and the right password', async () => {
    await setUp();
    const guess = (password: string) => post('sign-in', { name: 'Ada', password });
    for (const round of [1, 2, 3])
      await Promise.all(Array.from({ length: 5 }, (_, n) => guess(`guess ${round} ${n}`)));
    const answer = await guess(PASSWORD);
    expect(answer).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect((await post('sign-in', { name: 'Ben', password: 'wrong' })).status).toBe(401);
    const { rows } = await fake.system.services.audit.entries({ first: 50, after: null });
    expect(rows.filter(({ action, outcome }) => action === 'sign-in' && outcome === 'refused')).toHaveLength(
      11,
    );
  });

  it('count failures only, so that signing in often is not refused', async () => {
    await setUp();
    for (let n = 0; n < 15; n += 1)
      expect((await post('sign-in', { name: 'Ada', password: PASSWORD })).status).toBe(200);
  });

  it.each([
    { page: 'another site', headers: { origin: 'https://evil.example' } },
    { page: 'a sibling subdomain', headers: { origin: 'http://other.127.0.0.1' } },
    { page: 'no page', headers: { origin: 'null' } },
  ])('ignore the cookie in requests of $page', async ({ headers }) => {
    const { cookie } = await setUp();
    const answer = await ask('{ me { role } }', { cookie, ...headers });
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await post('session', {}, { cookie, ...headers })).status).toBe(403);
  });

  it('ignore the cookie in requests that no browser marks, and in links to a query', async () => {
    const { cookie } = await setUp();
    const unmarked = await ask('{ me { role } }', { cookie });
    expect(unmarked.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const url = `${fake.url}/graphql?query=${encodeURIComponent('{ me { role } }')}`;
    const get = async (site: string) =>
      (await (
        await fetch(url, {
          headers: { cookie, 'sec-fetch-site': site, 'apollo-require-preflight': 'true' },
        })
      ).json()) as { data?: { me: object }; errors?: unknown[] };
    expect((await get('cross-site')).errors).toHaveLength(1);
    expect((await get('same-origin')).data).toEqual({ me: { role: 'ADMIN' } });
  });

  it('give way to a token', async () => {
    const { cookie } = await setUp();
    const answer = await ask('{ me { role } }', {
      ...{ cookie, origin: fake.url },
      authorization: `Bearer ${fake.asAlice}`,
    });
    expect(answer.data.me.role).toBe('USER');
  });

  it('leave the public operations open to a session that has ended', async () => {
    const { cookie } = await setUp();
    now += 12 * 3_600_000;
    const headers = { cookie, origin: fake.url };
    expect((await ask('{ dataset { isSynthetic } }', headers)).data.dataset.isSynthetic).toBe(true);
    expect((await ask('{ me { role } }', headers)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('change their password, which ends their other sessions', async () => {
    const first = await setUp();
    now += 1;
    const other = await post('sign-in', { name: 'Ada', password: PASSWORD });
    now += 1;
    const change = (current: string, headers: Record<string, string>) =>
      post('password', { current, next: 'another long one' }, headers);
    expect((await change(PASSWORD, {})).status).toBe(401);
    expect((await change('wrong', { cookie: first.cookie })).status).toBe(401);
    const changed = await change(PASSWORD, { cookie: first.cookie });
    expect(changed.status).toBe(200);
    expect((await post('session', {}, { cookie: other.cookie })).account).toBeNull();
    expect((await post('session', {}, { cookie: changed.cookie })).account).toMatchObject({ name: 'Ada' });
  });

  it('open a WebSocket from their own page, which ends with the session', async () => {
    const { cookie } = await setUp();
    const open = (origin: string) =>
      new WebSocket(`${fake.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { cookie, origin },
      });
    const outcome = (socket: WebSocket) =>
      new Promise<string>((resolve) => {
        socket.on('open', () => socket.send('{"type":"connection_init"}'));
        socket.on('message', (data) => resolve(String(data)));
        socket.on('close', (code) => resolve(`closed ${code}`));
        socket.on('error', () => resolve('refused'));
      });
    expect(await outcome(open('http://evil.example'))).toBe('refused');
    const socket = open(fake.url);
    expect(await outcome(socket)).toBe('{"type":"connection_ack"}');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await post('sign-out', {}, { cookie });
    expect(await closed).toBe(4403);
    expect(await outcome(open(fake.url))).toBe('closed 4403');
  });

  it('refuse requests that are no JSON of a POST', async () => {
    const headers = { origin: fake.url };
    expect((await fetch(`${fake.url}/auth/session`, { headers })).status).toBe(405);
    const form = await fetch(`${fake.url}/auth/sign-in`, {
      ...{ method: 'POST', body: 'name=Ada&password=x' },
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(400);
    expect((await post('sign-in', { name: { $ne: null }, password: PASSWORD })).status).toBe(400);
  });
});
