/** The built server from its first second to its last: what it answers while it starts, what it refuses, how it ends. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, inject, it } from 'vitest';
import WebSocket from 'ws';

import { generateSecret } from '../../server/privacy/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { freshDatabase } from '../support/database.js';
import type { LaunchedServer } from '../support/server.js';
import { launchServer, runCommand } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const LISTENING = /Listening on (http:\/\/\S+?)\/ /;
const READY = /SmartPersona is ready on (http:\/\/\S+?)\/\s/;
const KEYS = { SMARTPERSONA_SECRET: generateSecret(), SMARTPERSONA_PEPPER: generateSecret() };
const CLIENTS = 20;

let folder = '';
const servers: LaunchedServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

async function launch(options: Parameters<typeof launchServer>[0]): Promise<LaunchedServer> {
  const server = await launchServer(options);
  servers.push(server);
  return server;
}

/** Resolves with the exit code. */
async function ended(server: LaunchedServer): Promise<number | null> {
  await server.until(/(?!)/).catch(() => undefined);
  return server.end('SIGTERM');
}

const newFolder = async () => (folder = await mkdtemp(join(tmpdir(), 'smartpersona-life-')));

describe('the life of a server', () => {
  it('shows how the first start goes on, serves, outlasts leases and keys of others, and ends in order', async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    const dataDir = join(await newFolder(), 'not', 'there');
    const options = { mongoUri, dataDir, seedUsers: 120, env: KEYS };
    let server = await launch(options);
    const [, early] = await server.until(LISTENING);
    expect((await fetch(`${early}/health/live`)).status).toBe(200);
    const unready = await fetch(`${early}/health/ready`);
    expect([unready.status, await unready.json()]).toMatchObject([503, { isReady: false }]);
    const page = await fetch(early, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1']);
    const html = await page.text();
    for (const part of ['<progress', 'http-equiv="refresh"', 'color-scheme: light dark', 'elapsed'])
      expect(html).toContain(part);
    expect(html).not.toMatch(/<script|https?:\/\/|src=/);
    const answer = await fetch(`${early}/graphql`, { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'STARTING' } }] });
    const socket = new WebSocket(`${early.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1013);

    const [, url] = await server.until(READY);
    expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).not.toContain('<progress');
    expect(existsSync(join(dataDir, 'truth.jsonl'))).toBe(true);
    const token = (await runCommand(server.env, 'token', ['--role', 'user', '--user', 'busy'])).trim();
    const open = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(open, 'open');
    open.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
    await once(open, 'message');
    const farewell = once(open, 'close') as Promise<[number]>;
    const busy = keepBusy(url, token);
    await waitFor(() => busy.statuses.filter((status) => status === 200).length > CLIENTS, 'busy clients');
    // Under the same load it took twelve seconds when connections were kept.
    const signalledAt = performance.now();
    let hasEnded = false;
    const end = server.end('SIGTERM').finally(() => (hasEnded = true));
    await waitFor(() => hasEnded, `the end\n${server.output()}`, 8_000);
    expect(await end).toBe(0);
    expect((await farewell)[0]).toBe(1001);
    const { statuses, failures } = await busy.stop();
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    // A second later idle connections are closed, and what is sent on one then was never accepted.
    const soon = failures.filter(({ startedAt }) => startedAt < signalledAt + 900);
    expect(soon.filter(({ code }) => code !== 'ECONNREFUSED')).toEqual([]);

    // Another instance trains meanwhile, and no model is missing.
    const store = await createMongoStore({ uri: mongoUri });
    const lease = await store.leases.acquire('retrain', 'another', 3_600_000, Date.now());
    server = await launch(options);
    await server.until(READY);
    expect(server.output()).not.toContain('waiting for a lease');
    expect((await store.leases.find('retrain'))?.fence).toBe(lease?.fence);
    await store.close();
    await server.end('SIGTERM');

    server = await launch({ ...options, env: { ...KEYS, SMARTPERSONA_PEPPER: generateSecret() } });
    expect(await ended(server)).toBe(1);
    expect(server.output()).toMatch(/The pepper .+ differs from the pepper .+: restore SMARTPERSONA_PEPPER/);
    expect(server.output()).not.toMatch(/\n\s+at /);
  }, 240_000);

  it('is ready without data, and says that there is no model', async () => {
    const dataDir = await newFolder();
    const server = await launch({ mongoUri: freshDatabase(inject('mongoUri')), dataDir, seedUsers: 0 });
    const [, url] = await server.until(READY);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { isReady: true, database: 'up', modelVersion: null },
    ]);
  });

  it('ends in order when npm, which started it, gets the signal', async () => {
    const dataDir = await newFolder();
    const server = await launch({
      ...{ mongoUri: freshDatabase(inject('mongoUri')), dataDir, seedUsers: 0 },
      command: ['npm', 'start'],
    });
    const [, url] = await server.until(READY);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(server.output()).toContain('SIGTERM: closing');
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('says in one sentence that its port is taken, before any work', async () => {
    const dataDir = await newFolder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = await launch({ mongoUri: '', dataDir, env: { PORT: String(port) } });
    expect(await ended(server)).toBe(1);
    other.close();
    expect(server.output().trim()).toBe(
      `Port ${port} is already in use. Stop the other program or set PORT.`,
    );
    expect(existsSync(join(dataDir, 'database.json'))).toBe(false);
  });
});

/** Clients that ask again as soon as they are answered, over connections that they keep. */
function keepBusy(url: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const statuses: number[] = [];
  const failures: { code: string; startedAt: number }[] = [];
  let isOver = false;
  const body = JSON.stringify({ query: '{ me { role } }' });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    authorization: `Bearer ${token}`,
  };
  const ask = () =>
    new Promise<void>((resolve) => {
      const startedAt = performance.now();
      const call = request(`${url}/graphql`, { agent, method: 'POST', headers }, (response) => {
        statuses.push(response.statusCode ?? 0);
        response.resume();
        response.once('close', resolve);
      });
      call.once('error', (error: NodeJS.ErrnoException) => {
        failures.push({ code: error.code ?? error.message, startedAt });
        resolve();
      });
      call.end(body);
    });
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver && !failures.some(({ code }) => code === 'ECONNREFUSED')) await ask();
  });
  return {
    statuses,
    async stop() {
      isOver = true;
      await Promise.all(clients);
      agent.destroy();
      return { statuses, failures };
    },
  };
}
