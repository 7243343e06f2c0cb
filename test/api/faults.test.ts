/** The whole product when something dies: what served before serves on, callers are told, and the next run succeeds. */

import { setTimeout as pause } from 'node:timers/promises';

import type { Connection } from 'mongoose';
import { createConnection } from 'mongoose';
import { afterEach, describe, expect, inject, it } from 'vitest';

import { TRAINING_STAGES } from '../../server/domain/index.js';
import { ask, askFor, subscribe } from '../support/api-client.js';
import type { TestDatabase } from '../support/database.js';
import { freshDatabase, startTestDatabase } from '../support/database.js';
import type { TestServer } from '../support/server.js';
import { startTestServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const USERS = 120;
const LIST = '{ recommendations(first: 20) { modelVersion items { item { id } } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const MODELS = '{ models(first: 50) { version status } }';
const RETRAIN = `mutation { retrain { __typename ... on RetrainStarted { run { id } } ... on AlreadyRunning { owner message } } }`;
const PROGRESS = 'subscription { trainingProgress { id state stage progress } }';
const RUNS = '{ trainingRuns(first: 50) { id state error modelVersion } }';

interface List {
  modelVersion: number;
  items: { item: { id: string } }[];
}
interface Run {
  id: string;
  state: string;
  stage: string;
  error: string | null;
  modelVersion: number | null;
}
interface Retrain {
  __typename: 'RetrainStarted' | 'AlreadyRunning';
  run?: { id: string };
  owner?: string;
  message?: string;
}

const servers: TestServer[] = [];
const connections: Connection[] = [];
let database: TestDatabase | null = null;

afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  for (const server of servers.splice(0)) await server.stop();
  await database?.stop();
  database = null;
});

async function start(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const server = await startTestServer({ seedUsers: USERS, ...options });
  servers.push(server);
  return server;
}

async function connect(uri: string): Promise<Connection> {
  const connection = await createConnection(uri).asPromise();
  connections.push(connection);
  return connection;
}

const tokenOf = async (server: TestServer, ...args: string[]) => (await server.run('token', ...args)).trim();
const adminOf = (server: TestServer) => tokenOf(server, '--role', 'admin');
const userOf = (server: TestServer, name: string) => tokenOf(server, '--role', 'user', '--user', name);
const listOf = async ({ url }: TestServer, token: string) =>
  (await askFor<{ recommendations: List }>(url, token, LIST)).recommendations;
const runsOf = async ({ url }: TestServer, token: string) =>
  (await askFor<{ trainingRuns: Run[] }>(url, token, RUNS)).trainingRuns;
const retrain = async ({ url }: TestServer, token: string) =>
  (await askFor<{ retrain: Retrain }>(url, token, RETRAIN)).retrain;

/** The one version that the models say is active. */
async function activeOf({ url }: TestServer, token: string): Promise<number> {
  const { models } = await askFor<{ models: { version: number; status: string }[] }>(url, token, MODELS);
  const active = models.filter(({ status }) => status === 'ACTIVE');
  expect(active).toHaveLength(1);
  return active[0].version;
}

/** Starts a retrain and resolves when it has come to `stage`, or past it. */
async function retrainUntil(server: TestServer, admin: string, stage: string): Promise<string> {
  const wanted = TRAINING_STAGES.map((name) => name.toUpperCase()).slice(
    TRAINING_STAGES.findIndex((name) => name.toUpperCase() === stage),
  );
  const progress = await subscribe<{ trainingProgress: Run }>(server.wsUrl, admin, PROGRESS);
  try {
    const id = await startRetrain(server, admin);
    for (;;) {
      const { trainingProgress: step } = await progress.next();
      if (step.id === id && (wanted.includes(step.stage) || step.state !== 'RUNNING')) return id;
    }
  } finally {
    // The server may be stopped before this socket is.
    void progress.close();
  }
}

/** Starts a retrain, trying again while the lease of a dead server runs out or its run is made up for. */
async function startRetrain(server: TestServer, admin: string): Promise<string> {
  return waitFor(async () => (await retrain(server, admin)).run?.id, 'a retrain to be let in', 120_000);
}

async function retrainToEnd(server: TestServer, admin: string): Promise<Run> {
  const id = await startRetrain(server, admin);
  return waitFor(
    async () => (await runsOf(server, admin)).find((run) => run.id === id && run.state !== 'RUNNING'),
    'the end of the retrain',
    120_000,
  );
}

describe('a server that is killed while it trains', () => {
  it('serves the version before, or the new one whole, whatever the stage, and the next run cleans up', async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    const raw = await connect(mongoUri);
    let server = await start({ mongoUri });
    const { dataDir } = server;
    const [admin, user] = [await adminOf(server), await userOf(server, 'somebody')];
    let before = await activeOf(server, admin);
    for (const stage of TRAINING_STAGES) {
      await retrainUntil(server, admin, stage.toUpperCase());
      await server.kill();
      server = await start({ mongoUri, dataDir, seedUsers: 0 });
      const active = await activeOf(server, admin);
      const list = await listOf(server, user);
      expect(list.items).toHaveLength(20);
      expect(list.modelVersion).toBe(active);
      expect(active).toBeGreaterThanOrEqual(before);
      // Half a minute of waiting would do the same: the lease of the dead runs out.
      const refused = await retrain(server, admin);
      if (refused.__typename === 'AlreadyRunning') expect(refused.message).toContain(refused.owner);
      else await waitForEnd(server, admin);
      await raw.collection('leases').updateOne({ _id: 'retrain' as never }, { $set: { expiresAt: 0 } });
      before = await activeOf(server, admin);
    }
    const run = await retrainToEnd(server, admin);
    expect(run.state).toBe('SUCCEEDED');
    expect(await activeOf(server, admin)).toBe(run.modelVersion);
    expect((await runsOf(server, admin)).filter(({ state }) => state === 'RUNNING')).toEqual([]);
    expect(await raw.collection('models').countDocuments({ status: 'building' })).toBe(0);
    const versions = await raw.collection('models').distinct('version');
    expect(await raw.collection('modelParts').countDocuments({ version: { $nin: versions } })).toBe(0);
    expect((await listOf(server, user)).modelVersion).toBe(run.modelVersion);
  }, 480_000);

  async function waitForEnd(server: TestServer, admin: string): Promise<void> {
    await waitFor(
      async () => (await runsOf(server, admin)).every(({ state }) => state !== 'RUNNING'),
      'the end of the retrain',
      60_000,
    );
  }
});

describe('a database that does not answer for twenty seconds', () => {
  it('costs callers a clear error they may retry, and nothing that was acknowledged, in the middle of a publish', async () => {
    database = await startTestDatabase();
    const server = await start({ mongoUri: database.uri });
    const admin = await adminOf(server);
    const names = ['ann', 'bob', 'cem', 'dee'];
    const users = await Promise.all(names.map((name) => userOf(server, name)));
    const acknowledged = new Map<string, Set<string>>(users.map((token) => [token, new Set()]));
    const failures: { code?: string; retriable?: boolean }[] = [];
    let isOver = false;
    const load = users.map(async (token) => {
      while (!isOver) {
        const list = await ask<{ recommendations: List }>(server.url, token, LIST);
        const itemId = list.data?.recommendations.items[0]?.item.id;
        const sent =
          itemId === undefined
            ? list
            : await ask(server.url, token, SEND, { input: { itemId, value: 'UP' } });
        if (sent.errors === undefined && itemId !== undefined) acknowledged.get(token)!.add(itemId);
        for (const { extensions } of sent.errors ?? []) failures.push(extensions ?? {});
        await pause(200);
      }
    });
    const runId = await retrainUntil(server, admin, 'PUBLISH');
    process.kill(database.process.pid, 'SIGSTOP');
    const stoppedAt = Date.now();
    try {
      await waitFor(async () => (await health(server, 'ready')) === 503, 'the server to be not ready');
      expect(await health(server, 'live')).toBe(200);
      await waitFor(() => failures.length > 0, 'a caller to be told', 30_000);
      await pause(Math.max(0, stoppedAt + 20_000 - Date.now()));
    } finally {
      process.kill(database.process.pid, 'SIGCONT');
    }
    await waitFor(
      async () => (await health(server, 'ready')) === 200,
      'the server to be ready again',
      30_000,
    );
    const known = () => [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0);
    const beforeRecovery = known();
    await waitFor(() => known() > beforeRecovery, 'a thumb to be taken again', 30_000);
    isOver = true;
    await Promise.all(load);
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retriable: true });

    for (const token of users) {
      const { me } = await askFor<{ me: { feedback: { nodes: { item: { id: string } }[] } } }>(
        server.url,
        token,
        '{ me { feedback(first: 500) { nodes { item { id } } } } }',
      );
      const kept = me.feedback.nodes.map(({ item }) => item.id);
      expect(kept).toEqual(expect.arrayContaining([...acknowledged.get(token)!]));
      expect((await listOf(server, token)).items).toHaveLength(20);
    }
    // A run whose end could not be written down is ended by the next one.
    const next = await retrainToEnd(server, admin);
    expect(next.state).toBe('SUCCEEDED');
    expect(await activeOf(server, admin)).toBe(next.modelVersion);
    const run = (await runsOf(server, admin)).find(({ id }) => id === runId);
    expect(['SUCCEEDED', 'FAILED', 'INTERRUPTED']).toContain(run?.state);
  }, 360_000);

  async function health({ url }: TestServer, what: 'live' | 'ready'): Promise<number> {
    return (await fetch(`${url}/health/${what}`)).status;
  }
});

describe('two instances on one database', () => {
  it('let one of them retrain, both serve what it made, and both fall back when that is damaged', async () => {
    const mongoUri = freshDatabase(inject('mongoUri'));
    const first = await start({ mongoUri });
    const { dataDir } = first;
    const second = await start({ mongoUri, dataDir, seedUsers: 0 });
    const [admin, user] = [await adminOf(first), await userOf(first, 'somebody')];
    const before = await activeOf(first, admin);

    const answers = await Promise.all([retrain(first, admin), retrain(second, admin)]);
    expect(answers.map(({ __typename }) => __typename).sort()).toEqual(['AlreadyRunning', 'RetrainStarted']);
    expect(answers.find(({ owner }) => owner !== undefined)?.message).toMatch(
      /already being run by .+ since/,
    );
    for (const server of [first, second]) {
      await waitFor(
        async () => (await listOf(server, user)).modelVersion > before,
        'the new version to serve on both',
        60_000,
      );
    }
    const active = await activeOf(second, admin);
    expect((await listOf(first, user)).modelVersion).toBe(active);
    await waitFor(
      async () => (await runsOf(second, admin)).every(({ state }) => state !== 'RUNNING'),
      'the end of the run',
      60_000,
    );

    const raw = await connect(mongoUri);
    const parts = await raw.collection('modelParts').find({ version: active }).toArray();
    const part = parts.find(({ name }) => (name as string).startsWith('recommender/'));
    await raw
      .collection('modelParts')
      .updateOne({ _id: part!._id }, { $set: { bytes: Buffer.from('not what it was') } });
    await first.kill();
    const again = await start({ mongoUri, dataDir, seedUsers: 0 });
    expect((await listOf(again, user)).modelVersion).toBe(before);
    expect(again.output()).toContain(`Model version ${active} cannot be read: part \\"${part!.name}\\"`);
    const { activateModel } = await askFor<{ activateModel: Record<string, unknown> }>(
      again.url,
      admin,
      `mutation { activateModel(version: ${active}) { __typename ... on ActivationRefused { code message } } }`,
    );
    expect(activateModel).toMatchObject({ __typename: 'ActivationRefused', code: 'CORRUPT_MODEL' });
    expect(activateModel['message']).toContain(part!.name);
    // The instance that had it in memory was never touched.
    expect((await listOf(second, user)).items).toHaveLength(20);
  }, 360_000);
});
