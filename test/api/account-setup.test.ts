/** The first account and the command for accounts, on the real server and database. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { freshDatabase } from '../support/database.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const PASSWORD = 'correct horse battery';
const LINK = /http:\/\/localhost:\d+\/set-up\?code=([\w-]{43})/;

describe('the first account', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ mongoUri: freshDatabase(inject('mongoUri')), seedUsers: 0 });
  });
  afterAll(() => server?.stop());

  const post = (path: string, body: object, cookie = '') =>
    fetch(`${server.url}/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url, cookie },
      body: JSON.stringify(body),
    });
  const setUp = async (code: string, name: string) => {
    const response = await post('set-up', { code, name, password: PASSWORD });
    return { status: response.status, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
  };

  it('is made with the link that the first start prints, and others by the command', async () => {
    const [, code] = LINK.exec(server.output())!;
    const { status, cookie } = await setUp(code!, 'Ada');
    expect(status).toBe(200);
    expect((await setUp(code!, 'Eve')).status).toBe(400);

    const invited = LINK.exec(await server.run('account', '--name', 'Vera', '--role', 'viewer'))!;
    const vera = await setUp(invited[1]!, '');
    expect(await server.run('account', '--list')).toMatch(/^Ada {2}admin {2}last .*\nVera {2}viewer {2}last/);

    // The command is another process: the server follows it and ends the sessions of a deleted account.
    const sessionOf = async (of: string) =>
      ((await (await post('session', {}, of)).json()) as { account: { role: string } | null }).account;
    expect(await sessionOf(vera.cookie)).toMatchObject({ name: 'Vera', role: 'VIEWER' });
    await server.run('account', '--name', 'vera', '--role', 'admin');
    await waitFor(async () => (await sessionOf(vera.cookie))?.role === 'ADMIN', 'the new role counts');
    await server.run('account', '--name', 'Vera', '--delete');
    await waitFor(async () => (await sessionOf(vera.cookie)) === null, 'the session has ended');

    const [, again] = LINK.exec(await server.run('account', '--name', 'Ada', '--reset'))!;
    expect((await setUp(again!, '')).status).toBe(200);
    expect(await sessionOf(cookie)).toBeNull();
    await expect(server.run('account', '--name', 'Ada', '--delete')).rejects.toThrow('last administrator');
    await expect(server.run('account', '--name', 'Ada')).rejects.toThrow('Give one of');
  });
});
