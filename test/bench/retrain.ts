/**
 * A whole retrain: alone, then under traffic; how even the event loop stays meanwhile; whether a request fails or a thumb
 * is lost; and how fast a roll-back reaches a second instance. On the embedded kind of database, with two servers.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { ask, askFor } from '../support/api-client.js';
import { freshDatabase, startTestDatabase } from '../support/database.js';

import type { MeasuredProcess } from './process.js';
import { startProcess } from './process.js';
import type { Figure } from './report.js';
import { medianOf, percentile } from './report.js';
import { READY, signIn } from './server.js';

const REQUESTS_PER_SECOND = 20;
const THUMBS_PER_SECOND = 5;
/** Users who come for the first time meanwhile: whatever is known of them is read from the database. */
const NEW_USERS_PER_SECOND = 1;
/** How long the others have been there when the retrain begins. */
const SERVED_BEFORE_MS = 5_000;
const QUIET_RUNS = 3;
const LIST =
  '{ recommendations(first: 10) { modelVersion items { rank item { id title } explanation { total } } } }';
const LIST_OF = LIST.replace(
  '{ recommendations(',
  'query ($userId: ID!) { recommendations(userId: $userId, ',
);
const SEND =
  'mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename ... on FeedbackAccepted { list { modelVersion } } } }';
const RETRAIN =
  'mutation { retrain { ... on RetrainStarted { run { id } } ... on AlreadyRunning { message } } }';
const RUNS =
  '{ trainingRuns(first: 1) { id state startedAt endedAt error modelVersion } models(first: 1) { status timingsMs { name value } } }';

interface Run {
  readonly id: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly error: string | null;
  readonly modelVersion: number;
}

export async function benchRetrain(users = '10000'): Promise<Figure[]> {
  const database = await startTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-bench-'));
  const env = {
    ...{ MONGODB_URI: freshDatabase(database.uri), SMARTPERSONA_DATA_DIR: dataDir },
    ...{ SMARTPERSONA_SEED_USERS: users, PORT: '0', LOG_LEVEL: 'error' },
  };
  const servers: MeasuredProcess[] = [];
  const start = async () => {
    const server = startProcess('main', [], env);
    servers.push(server);
    return (await server.until(READY, 600_000)).match[1];
  };
  try {
    const first = await start();
    const training = Number(/Training: done in ([\d.]+) s/.exec(servers[0].output())?.[1]);
    const second = await start();
    const command = startProcess('commands/token', ['--role', 'admin'], env);
    await command.ended();
    const admin = command.output().trim().split('\n').at(-1)!;
    return [
      { what: `first training, ${users} users`, value: training, unit: 's' },
      ...(await quiet(first, admin)),
      ...(await loaded(first, admin)),
      ...(await rollBack(first, second, admin)),
      { what: 'server, peak RSS', value: servers[0].peakMb(), unit: 'MiB' },
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await database.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function quiet(url: string, admin: string): Promise<Figure[]> {
  await lagP99(url);
  const seconds: number[] = [];
  let timings: Awaited<ReturnType<typeof retrain>>['timings'] = [];
  while (seconds.length < QUIET_RUNS) {
    const run = await retrain(url, admin);
    seconds.push(run.seconds);
    timings = run.timings;
  }
  return [
    { what: 'retrain, all stages, quiet', ...medianOf(seconds), unit: 's', goal: '<= 20 s' },
    ...timings.map(({ name, value }) => ({ what: `of which ${name}`, value: value / 1_000, unit: 's' })),
    { what: 'event loop delay meanwhile: p99', value: await lagP99(url), unit: 'ms', goal: '< 50 ms' },
  ];
}

async function loaded(url: string, admin: string): Promise<Figure[]> {
  const traffic = await startTraffic(url, admin);
  await pause(SERVED_BEFORE_MS);
  traffic.begin();
  await lagP99(url);
  const { seconds } = await retrain(url, admin);
  const lag = await lagP99(url);
  const { requestMs, firstMs, thumbMs, nFailed, nLost, nThumbs, nStale } = await traffic.stop();
  const load = `${REQUESTS_PER_SECOND} requests and ${THUMBS_PER_SECOND} thumbs a second`;
  return [
    { what: `retrain under ${load}`, value: seconds, unit: 's', goal: '<= 30 s' },
    { what: 'requests meanwhile: p50', value: percentile(requestMs, 0.5), unit: 'ms' },
    { what: 'requests meanwhile: p99', value: percentile(requestMs, 0.99), unit: 'ms', goal: '< 60 ms' },
    { what: 'first requests of users meanwhile: p50', value: percentile(firstMs, 0.5), unit: 'ms' },
    { what: 'first requests of users meanwhile: longest', value: Math.max(...firstMs), unit: 'ms' },
    { what: 'thumbs meanwhile: p99', value: percentile(thumbMs, 0.99), unit: 'ms' },
    {
      what: 'failed requests',
      value: nFailed,
      unit: `of ${requestMs.length + firstMs.length + nThumbs}`,
      goal: '0',
    },
    { what: 'lost thumbs', value: nLost, unit: `of ${nThumbs}`, goal: '0' },
    { what: 'liked items still in a new list', value: nStale, unit: '', goal: '0' },
    { what: 'event loop delay meanwhile: p99', value: lag, unit: 'ms', goal: '< 50 ms' },
  ];
}

/** From the mutation to the answer, and until a second instance serves the version as well. */
async function rollBack(first: string, second: string, admin: string): Promise<Figure[]> {
  const { models } = await askFor<{ models: { version: number; status: string }[] }>(
    first,
    admin,
    '{ models(first: 10) { version status } }',
  );
  const version = models.find(({ status }) => status === 'RETIRED')!.version;
  const [{ token }] = await signIn(second, 1);
  await askFor(second, token, LIST);
  const startedAt = performance.now();
  await askFor(
    first,
    admin,
    `mutation { activateModel(version: ${version}) { ... on ModelActivated { model { version } } } }`,
  );
  const answered = performance.now() - startedAt;
  for (let served = 0; served !== version && performance.now() - startedAt < 30_000;) {
    served = (await askFor<{ recommendations: { modelVersion: number } }>(second, token, LIST))
      .recommendations.modelVersion;
  }
  const reached = performance.now() - startedAt;
  return [
    { what: 'roll-back: answered', value: answered / 1_000, unit: 's', goal: '< 1 s' },
    { what: 'roll-back: served by a second instance', value: reached / 1_000, unit: 's', goal: '< 1 s' },
  ];
}

async function retrain(url: string, admin: string) {
  const answer = await askFor<{ retrain: { run?: { id: string }; message?: string } }>(url, admin, RETRAIN);
  if (answer.retrain.run === undefined) throw new Error(answer.retrain.message);
  for (;;) {
    await pause(500);
    const { trainingRuns, models } = await askFor<{
      trainingRuns: Run[];
      models: { timingsMs: { name: string; value: number }[] }[];
    }>(url, admin, RUNS);
    const [run] = trainingRuns;
    if (run.state === 'RUNNING' || run.endedAt === null) continue;
    if (run.state !== 'SUCCEEDED') throw new Error(run.error ?? run.state);
    const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000;
    return { seconds, timings: models[0].timingsMs };
  }
}

/** Since it was last read; includes the ten milliseconds between two measurements. */
async function lagP99(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds ([\d.e-]+)/m.exec(text)?.[1]) * 1_000;
}

/** Paced requests and thumbs until `stop`, which looks for every acknowledged thumb. */
async function startTraffic(url: string, admin: string) {
  const users = await signIn(url, 50);
  const regulars = new Set(users.map(({ id }) => id));
  const strangers = (
    await askFor<{ users: { nodes: { id: string }[] } }>(url, admin, '{ users(first: 100) { nodes { id } } }')
  ).users.nodes.filter(({ id }) => !regulars.has(id));
  const { items } = await askFor<{ items: { nodes: { id: string }[] } }>(
    url,
    users[0].token,
    '{ items(first: 100) { nodes { id } } }',
  );
  const requestMs: number[] = [];
  const firstMs: number[] = [];
  const thumbMs: number[] = [];
  const liked = new Map<string, Set<string>>(users.map(({ token }) => [token, new Set<string>()]));
  let nFailed = 0;
  let nThumbs = 0;
  let n = 0;
  const timed = async (sample: number[], token: string, query: string, variables = {}) => {
    const startedAt = performance.now();
    const { data, errors } = await ask<Record<string, unknown>>(url, token, query, variables).catch(() => ({
      data: null,
      errors: [{ message: 'no answer' }],
    }));
    sample.push(performance.now() - startedAt);
    if (data == null || errors !== undefined) nFailed += 1;
    return data;
  };
  const pending = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>) => {
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };
  const requests = setInterval(() => {
    track(timed(requestMs, users[n++ % users.length].token, LIST));
  }, 1_000 / REQUESTS_PER_SECOND);
  const firsts = setInterval(() => {
    const stranger = strangers.pop();
    if (stranger !== undefined) track(timed(firstMs, admin, LIST_OF, { userId: stranger.id }));
  }, 1_000 / NEW_USERS_PER_SECOND);
  const thumbs = setInterval(() => {
    const { token } = users[(nThumbs * 7) % users.length];
    const itemId = items.nodes[(nThumbs * 13) % items.nodes.length].id;
    nThumbs += 1;
    track(
      timed(thumbMs, token, SEND, { input: { itemId, value: 'UP' } }).then((data) => {
        if (data !== null) liked.get(token)!.add(itemId);
      }),
    );
  }, 1_000 / THUMBS_PER_SECOND);
  return {
    /** Forgets what was measured so far. */
    begin() {
      for (const sample of [requestMs, firstMs, thumbMs]) sample.length = 0;
    },
    async stop() {
      for (const timer of [requests, firsts, thumbs]) clearInterval(timer);
      await Promise.all(pending);
      let nLost = 0;
      let nStale = 0;
      for (const { token } of users) {
        const { me, recommendations } = await askFor<{
          me: { feedback: { nodes: { itemId: string }[] } };
          recommendations: { items: { item: { id: string } }[] };
        }>(
          url,
          token,
          '{ me { feedback(first: 500) { nodes { itemId } } } recommendations(first: 50) { items { item { id } } } }',
        );
        const kept = new Set(me.feedback.nodes.map(({ itemId }) => itemId));
        const listed = new Set(recommendations.items.map(({ item }) => item.id));
        for (const itemId of liked.get(token)!) {
          if (!kept.has(itemId)) nLost += 1;
          if (listed.has(itemId)) nStale += 1;
        }
      }
      return { requestMs, firstMs, thumbMs, nFailed, nLost, nThumbs, nStale };
    },
  };
}
