/**
 * Queries over HTTP on one process and one core, what idle sockets cost, and pushes to many of them, of one instance and
 * of two. Servers are pinned to the last core and the load to the first where `taskset` exists, so that neither steals
 * from the other.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

import autocannon from 'autocannon';
import WebSocket from 'ws';

import { readRecord } from '../../server/database/data-folder.js';

import type { MeasuredProcess } from './process.js';
import { startProcess } from './process.js';
import { benchPush } from './push.js';
import type { Figure } from './report.js';
import { READY, signIn, withDataFolder } from './server.js';

const REQUESTS_PER_SECOND = 500;
const IDLE_SOCKETS = 2_000;
const OPENED_AT_ONCE = 100;
const PUSH_LOAD = { subscriptions: 1_000, thumbsPerSecond: 100, seconds: 15 };
/** The load of one instance is more than two of them, their database and the load itself can bear on two cores. */
const SHARED_PUSH_LOAD = { subscriptions: 200, thumbsPerSecond: 20, seconds: 15 };
const LIST =
  '{ recommendations(first: 10) { listId items { rank score item { id title } explanation { persona popularity total } } } }';

export async function benchHttp(users = '10000'): Promise<Figure[]> {
  return withDataFolder(users, async (env) => {
    const first = startProcess('main', [], env);
    await first.until(READY, 600_000);
    await first.stop();
    const servers: MeasuredProcess[] = [];
    const start = async (own: Record<string, string>) => {
      const server = startProcess('main', [], own);
      servers.push(server);
      const { match } = await server.until(READY, 120_000);
      pin(server.child.pid!, cpus().length - 1);
      return { url: match[1], pid: server.child.pid! };
    };
    try {
      const { url, pid } = await start(env);
      pin(process.pid, 0);
      const tokens = (await signIn(url, 50)).map(({ token }) => token);
      const figures = [
        ...(await benchQueries(url, tokens, pid)),
        ...(await benchIdleSockets(url, tokens, pid)),
        ...(await benchPush({ url, ...PUSH_LOAD, goals: { p99: '< 50 ms' } })),
        { what: 'the same: RSS of the server', value: residentMb(pid), unit: 'MiB', goal: '< 600 MiB' },
      ];
      const { uri } = readRecord(env.SMARTPERSONA_DATA_DIR)!;
      const { url: listenUrl } = await start({ ...env, MONGODB_URI: uri });
      const shared = { url, listenUrl, goals: { p99: '< 100 ms' } };
      figures.push(...(await benchPush({ ...shared, ...SHARED_PUSH_LOAD, firstItem: 40 })));
      figures.push(...(await benchPush({ ...shared, ...PUSH_LOAD, firstItem: 60 })));
      return figures;
    } finally {
      // The first has the database, so it goes last.
      for (const server of servers.reverse()) await server.stop();
    }
  });
}

async function benchQueries(url: string, tokens: readonly string[], pid: number): Promise<Figure[]> {
  const requests = tokens.map((token) => ({
    method: 'POST' as const,
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: LIST }),
  }));
  const run = (options: { connections: number; duration: number; overallRate?: number }) =>
    autocannon({ url, requests, ...options });
  await run({ connections: 10, duration: 5 });
  const cpuBefore = cpuMs(pid);
  const full = await run({ connections: 10, duration: 15 });
  const cpu = cpuMs(pid) - cpuBefore;
  const paced = await run({ connections: 20, duration: 15, overallRate: REQUESTS_PER_SECOND });
  return [
    {
      what: 'recommendations(first: 10) over HTTP, one core, 10 connections',
      value: full.requests.average,
      unit: '/s',
      goal: '>= 2,000 /s',
    },
    { what: 'the same: p99', value: full.latency.p99, unit: 'ms', goal: '< 20 ms' },
    { what: 'the same: answers other than 200', value: full.non2xx + full.errors, unit: '', goal: '0' },
    {
      what: 'the same: processor time of a request',
      value: (cpu * 1_000) / full.requests.total,
      unit: 'µs',
      goal: '< 500 µs',
    },
    {
      what: `the same at ${REQUESTS_PER_SECOND} a second, 20 connections: p99`,
      value: paced.latency.p99,
      unit: 'ms',
      goal: '< 20 ms',
    },
  ];
}

/** Acknowledged sockets that hold one subscription each and hear nothing. */
async function benchIdleSockets(url: string, tokens: readonly string[], pid: number): Promise<Figure[]> {
  const before = residentMb(pid);
  const sockets: WebSocket[] = [];
  try {
    while (sockets.length < IDLE_SOCKETS) {
      const batch = Array.from({ length: OPENED_AT_ONCE }, (_, index) =>
        openIdle(url, tokens[(sockets.length + index) % tokens.length]),
      );
      sockets.push(...(await Promise.all(batch)));
    }
    return [
      {
        what: `${IDLE_SOCKETS.toLocaleString('en')} idle sockets: RSS of the server`,
        value: residentMb(pid),
        unit: 'MiB',
        goal: '< 300 MiB',
      },
      {
        what: 'the same: per socket',
        value: ((residentMb(pid) - before) * 1_024) / IDLE_SOCKETS,
        unit: 'KiB',
      },
    ];
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

function openIdle(url: string, token: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.once('error', reject);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })));
    socket.once('message', () => {
      const payload = { query: 'subscription { recommendationsUpdated { cause } }' };
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }), () => resolve(socket));
    });
  });
}

/** Keeps all threads of a process on one core; does nothing where there is no `taskset`. */
function pin(pid: number, core: number): void {
  try {
    execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' });
  } catch {
    // The figures then say what both share.
  }
}

/** Processor time so far, in milliseconds; NaN where the system does not tell. */
function cpuMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    // In hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return NaN;
  }
}

function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
  } catch {
    return NaN;
  }
}
