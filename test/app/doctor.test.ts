/** `npm run doctor`: a finding per check, with advice, and nothing changed. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection, type Connection } from 'mongoose';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { diagnose, type Finding } from '../../server/app/diagnosis.js';
import { createPseudonymizer, pseudonymKey } from '../../server/privacy/index.js';
import { DATA_VERSION, type Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { event, model } from '../contracts/samples.js';
import { freshDatabase } from '../support/database.js';

const [PEPPER, OTHER_PEPPER, SECRET] = [1, 2, 3].map(() => randomBytes(32).toString('hex'));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let uri: string;
let raw: Connection;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-doctor-'));
  uri = freshDatabase(inject('mongoUri'));
  raw = await createConnection(uri).asPromise();
});
afterEach(async () => {
  await raw.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = (more: Record<string, string> = {}) => ({
  ...{ MONGODB_URI: uri, SMARTPERSONA_DATA_DIR: join(folder, 'data'), PATH: '' },
  ...{ SMARTPERSONA_PEPPER: PEPPER!, SMARTPERSONA_SECRET: SECRET!, ...more },
});

async function findings(
  more: Record<string, string> = {},
  clock = Date.now,
): Promise<Record<string, Finding>> {
  const rows = await diagnose({ env: environment(more), log: quiet, clock, onProgress() {} });
  for (const { verdict, advice } of rows) expect(advice === null).toBe(verdict === 'OK');
  return Object.fromEntries(rows.map((row) => [row.check, row]));
}

/** A database as a server leaves it. */
async function installed(): Promise<void> {
  store = await createMongoStore({ uri });
  await store.migrations.stamp(DATA_VERSION);
  await store.dataset.claimKeyVersion(createPseudonymizer(pseudonymKey(PEPPER!)).keyVersion);
}

describe('the diagnosis of an installation', () => {
  it('looks for Java where Spark is to train', async () => {
    await installed();
    await store.close();
    expect(await findings()).not.toHaveProperty('Java for Spark');
    const spark = { SMARTPERSONA_TRAINER: 'spark', SPARK_MASTER: 'local[1]' };
    expect((await findings(spark))['Java for Spark']).toMatchObject({
      verdict: 'FAIL',
      detail: expect.stringMatching(/Spark needs Java 17 or later, and there is none on PATH/),
    });
  });

  it('finds nothing wrong in a fresh one, and changes nothing', async () => {
    await installed();
    const before = await raw.db!.listCollections().toArray();
    const found = await findings();
    await store.close();
    expect(Object.values(found).filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining([
        ...['settings', 'pepper', 'free disk', 'database', 'database writes', 'change streams', 'clock'],
        ...['version of stored data', 'pepper of stored users', 'indexes', 'active model'],
      ]),
    );
    const after = await raw.db!.listCollections().toArray();
    expect(
      after
        .map(({ name }) => name)
        .filter((name) => name !== 'probes')
        .sort(),
    ).toEqual(
      before
        .map(({ name }) => name)
        .filter((name) => name !== 'probes')
        .sort(),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('creates no collections in a database without any', async () => {
    const found = await findings();
    expect(found['indexes']!.verdict).toBe('WARN');
    expect(found['indexes']!.detail).toContain('activity (userId, week, part)');
    const names = (await raw.db!.listCollections().toArray()).map(({ name }) => name);
    expect(names.filter((name) => name !== 'probes')).toEqual([]);
  });

  it('names every wrong setting, and goes on with the database', async () => {
    await installed();
    await store.close();
    const found = await findings({ SMARTPERSONA_SECRET: 'short' });
    expect(found['settings']).toMatchObject({ verdict: 'FAIL' });
    expect(found['settings']!.detail).toContain('SMARTPERSONA_SECRET');
  });

  it('distinguishes another pepper from the one of the stored users', async () => {
    await installed();
    await store.close();
    const found = await findings({ SMARTPERSONA_PEPPER: OTHER_PEPPER! });
    expect(found['pepper of stored users']!.verdict).toBe('FAIL');
  });

  it('warns of a pepper that others can read', async () => {
    await installed();
    await store.close();
    await writeFile(join(folder, 'pepper'), `${PEPPER}\n`, { mode: 0o644 });
    const found = await findings({ SMARTPERSONA_PEPPER: '', SMARTPERSONA_DATA_DIR: folder });
    expect(found['pepper']).toMatchObject({ verdict: 'WARN' });
    expect(found['pepper of stored users']!.verdict).toBe('OK');
  });

  it('compares the clocks', async () => {
    await installed();
    await store.close();
    const found = await findings({}, () => Date.now() + 3_600_000);
    expect(found['clock']!.verdict).toBe('FAIL');
  });

  it('reports data of earlier and of later releases', async () => {
    await installed();
    await raw.collection('dataset').updateOne({}, { $unset: { dataVersion: 1 } });
    expect((await findings())['version of stored data']!.verdict).toBe('WARN');
    await store.migrations.stamp(DATA_VERSION + 1);
    await store.close();
    expect((await findings())['version of stored data']!.verdict).toBe('FAIL');
  });

  it('reports missing indexes, a missing model and a damaged one', async () => {
    await installed();
    await raw.collection('activity').dropIndexes();
    await store.activity.append([event('a')]);
    let found = await findings();
    expect(found['indexes']!.detail).toBe('missing: activity (userId, week, part)');
    expect(found['active model']).toMatchObject({ verdict: 'WARN', advice: 'Run `npm run retrain`.' });
    const version = await store.models.create(model());
    await store.models.putParts(version, [{ name: 'manifest', bytes: Buffer.from('{}') }]);
    await store.models.seal(version, 'ready');
    await store.models.activate(version, null, Date.now());
    await store.close();
    found = await findings();
    expect(found['active model']).toMatchObject({ verdict: 'FAIL' });
  });

  it('reports a database that does not answer', async () => {
    const found = await findings({ MONGODB_URI: 'mongodb://127.0.0.1:1/x' });
    expect(found['database']).toMatchObject({ verdict: 'FAIL' });
  });

  it('starts no database where there is none yet', async () => {
    const found = await findings({ MONGODB_URI: '' });
    expect(found['database']).toMatchObject({ verdict: 'WARN' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('npm run doctor', () => {
  it('prints JSON, and exits with 1 when a check fails', async () => {
    await installed();
    await store.close();
    const run = (env: Record<string, string>) =>
      new Promise<{ code: number | null; stdout: string }>((resolve) => {
        const child = spawn(process.execPath, ['dist/server/app/commands/doctor.js', '--json'], {
          env: { ...process.env, ...environment(env) },
        });
        let stdout = '';
        child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
        child.once('close', (code) => resolve({ code, stdout }));
      });
    const [good, bad] = await Promise.all([run({}), run({ PORT: 'x' })]);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ isHealthy: true });
    expect(bad.code).toBe(1);
    const report = JSON.parse(bad.stdout) as { isHealthy: boolean; findings: Finding[] };
    expect(report.isHealthy).toBe(false);
    expect(report.findings[0]).toMatchObject({ check: 'settings', verdict: 'FAIL' });
  });
});
