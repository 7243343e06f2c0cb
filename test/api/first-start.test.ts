/** First starts that are interrupted, at any moment and by any signal: the next start makes them good. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { readRecord } from '../../server/database/data-folder.js';
import { endProcess, isAlive } from '../../server/database/process.js';
import type { MetricBucket } from '../../server/domain/index.js';
import { createRandom } from '../../server/learning/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import type { LaunchedServer } from '../support/server.js';
import { launchServer, runCommand } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const USERS = 200;
const SEED = 31;
const LISTENING = /Listening on (http:\/\/\S+?)\/ /;
const READY = /SmartPersona is ready on /;

/** Moments of a first start, in their order: a stage, and what is shown of it. */
const MOMENTS: readonly { stage: string; detail?: string }[] = [
  { stage: 'Opening the database' },
  { stage: 'Starting the database' },
  { stage: 'Simulating behaviour' },
  { stage: 'Simulating behaviour', detail: '200 users' },
  { stage: 'Loading stored data' },
  { stage: 'Training', detail: 'load' },
  { stage: 'Training', detail: 'personas' },
  { stage: 'Training', detail: 'fit' },
  { stage: 'Training', detail: 'reassign' },
  { stage: 'Counting for the dashboards' },
];
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];
const FOLDERS = 3;

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    const left = readRecord(folder);
    if (left !== null) await endProcess(left.process, 10_000);
    await rm(folder, { recursive: true, force: true });
  }
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smartpersona-first-'));
  folders.push(folder);
  return folder;
}

const launch = (dataDir: string) => launchServer({ mongoUri: '', seedUsers: USERS, dataDir });

const orderOf = (stage: string, detail: string) =>
  MOMENTS.findIndex(
    (one) => one.stage === stage && (one.detail === undefined || detail.startsWith(one.detail)),
  );

/** Resolves when the start has come to this moment or past it. */
async function untilMoment(server: LaunchedServer, moment: number): Promise<void> {
  const [, url] = await server.until(LISTENING);
  let reached = 0;
  await waitFor(
    async () => {
      if (READY.test(server.output())) return true;
      const answer = await fetch(`${url}/health/ready`).catch(() => null);
      if (answer === null) return false;
      const { stage, detail } = (await answer.json()) as { stage?: string; detail?: string };
      reached = stage === undefined ? MOMENTS.length : Math.max(reached, orderOf(stage, detail ?? ''));
      return reached >= moment;
    },
    `${MOMENTS[moment].stage} ${MOMENTS[moment].detail ?? ''}\n${server.output()}`,
    90_000,
  );
}

/** Days without what was counted while serving. */
const countersOf = (buckets: readonly MetricBucket[]) =>
  Object.fromEntries(buckets.map(({ at, persona, counters }) => [`${at}/${persona}`, counters]));

async function readDays(dataDir: string): Promise<ReturnType<typeof countersOf>> {
  const store = await createMongoStore({ uri: readRecord(dataDir)!.uri });
  try {
    return countersOf(await store.metrics.find({ grain: 'day', from: 0, to: Date.now() }));
  } finally {
    await store.close();
  }
}

/** What a whole first start leaves. */
async function expectWhole(server: LaunchedServer): Promise<void> {
  const { dataDir, env } = server;
  const [, url] = await server.until(LISTENING);
  await server.until(READY);
  const ready = await fetch(`${url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { isReady: true, database: 'up', modelVersion: expect.any(Number) as number },
  ]);
  const store = await createMongoStore({ uri: readRecord(dataDir)!.uri });
  try {
    expect(await store.users.count()).toBe(USERS);
    const { filledAt, countedAt, isSynthetic } = await store.dataset.get();
    expect([typeof filledAt, typeof countedAt, isSynthetic]).toEqual(['number', 'number', true]);
    const users = await store.users.list({ first: USERS, after: null });
    expect(users.rows.filter(({ persona }) => persona === null)).toEqual([]);
    expect(await store.profiles.count()).toBe(USERS);
  } finally {
    await store.close();
  }
  const counted = await readDays(dataDir);
  expect(Object.keys(counted).length).toBeGreaterThan(0);
  // Made again from the record, the counters are what they were.
  await runCommand(env, 'rebuild', []);
  expect(await readDays(dataDir)).toEqual(counted);
  await runCommand(env, 'evaluate', []);
}

describe('a first start that is interrupted', () => {
  const random = createRandom(SEED);
  const plan = MOMENTS.map((_, moment) => ({
    moment,
    signal: SIGNALS[random.int(SIGNALS.length)],
    folder: random.int(FOLDERS),
  }));

  it.each(Array.from({ length: FOLDERS }, (_, folder) => folder))(
    'is made good by the next one, and leaves no database behind: seeded moments, part %i',
    async (folder) => {
      const dataDir = await newFolder();
      for (const { moment, signal } of plan.filter((one) => one.folder === folder)) {
        const server = await launch(dataDir);
        await untilMoment(server, moment);
        const code = await server.end(signal);
        const database = readRecord(dataDir);
        if (signal === 'SIGKILL') continue;
        expect([code, database !== null && isAlive(database.process)], server.output()).toEqual([0, false]);
      }
      const server = await launch(dataDir);
      await expectWhole(server);
      const database = readRecord(dataDir)!;
      expect(await server.end('SIGTERM')).toBe(0);
      expect(isAlive(database.process)).toBe(false);
    },
    300_000,
  );
});
