/** A backup of a server that takes thumbs, and its restore elsewhere. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection, type Connection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { createMongoStore } from '../../server/store/mongo/index.js';
import { askFor } from '../support/api-client.js';
import { freshDatabase } from '../support/database.js';
import { runCommand, startTestServer, type TestServer } from '../support/server.js';

const ITEMS = '{ recommendations(first: 10) { revision items { item { id } score } } }';
const SEND = `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { __typename } }`;
const N_USERS = 4;

interface List {
  recommendations: { revision: number; items: { item: { id: string }; score: number }[] };
}

let folder: string;
let server: TestServer;
let sourceUri: string;
let source: Connection;
const tokens: string[] = [];
const file = () => join(folder, 'smartpersona.backup');

const listOf = async ({ url }: TestServer, token: string) =>
  (await askFor<List>(url, token, ITEMS)).recommendations;
const thumb = ({ url }: TestServer, token: string, itemId: string) =>
  askFor(url, token, SEND, { input: { itemId, value: 'UP' } });

/** The environment of a command on another installation. */
const elsewhere = (uri: string, dataDir: string) => ({
  ...process.env,
  ...{ NODE_ENV: 'test', MONGODB_URI: uri, SMARTPERSONA_DATA_DIR: join(folder, dataDir) },
});
const restore = (uri: string, dataDir: string, ...more: string[]) =>
  runCommand(elsewhere(uri, dataDir), 'restore', ['--from', file(), ...more]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-backup-'));
  sourceUri = freshDatabase(inject('mongoUri'));
  server = await startTestServer({ mongoUri: sourceUri, seedUsers: 120 });
  source = await createConnection(sourceUri).asPromise();
  for (let n = 0; n < N_USERS; n++)
    tokens.push((await server.run('token', '--role', 'user', '--user', `visitor-${n}`)).trim());
});
afterAll(async () => {
  await source?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a backup of a server that takes thumbs', () => {
  it('restores to the same data elsewhere, with every thumb that was acknowledged before it', async () => {
    const before: string[] = [];
    for (const token of tokens) {
      for (const { item } of (await listOf(server, token)).items.slice(0, 3)) {
        await thumb(server, token, item.id);
        before.push(item.id);
      }
    }
    let isOver = false;
    let nMeanwhile = 0;
    const meanwhile = tokens.map(async (token) => {
      while (!isOver) {
        const { items } = await listOf(server, token);
        if (items.length === 0) return;
        await thumb(server, token, items[0]!.item.id);
        nMeanwhile += 1;
      }
    });
    const printed = await server.run('backup', '--out', file());
    isOver = true;
    await Promise.all(meanwhile);
    expect(nMeanwhile).toBeGreaterThan(0);
    expect(printed).toContain(file());
    expect((await stat(file())).mode & 0o777).toBe(0o600);

    const targetUri = freshDatabase(inject('mongoUri'));
    const out = await restore(targetUri, 'restored');
    expect(out).toMatch(/^Restored \d+ users with/);
    expect((await stat(join(folder, 'restored', 'pepper'))).mode & 0o777).toBe(0o600);
    const target = await createConnection(targetUri).asPromise();
    const store = await createMongoStore({ uri: targetUri });
    try {
      for (const name of ['items', 'users', 'models', 'modelParts'])
        expect([name, await target.collection(name).countDocuments()]).toEqual([
          name,
          await source.collection(name).countDocuments(),
        ]);
      expect((await target.db!.listCollections().toArray()).map(({ name }) => name)).not.toContain(
        'restore_users',
      );
      expect(await store.migrations.isRestoring()).toBe(false);
      const rows = await target.collection('feedback').find().toArray();
      const held = rows.map(({ itemId }) => itemId as string);
      expect(held).toEqual(expect.arrayContaining(before));
      // Every thumb has its event, and every profile the events of its user.
      for (const { userId, itemId, pending } of rows) {
        expect(pending).toBeUndefined();
        const events = await store.activity.findByUser(userId as string);
        expect(events.filter((one) => one.type === 'like' && one.itemId === itemId)).toHaveLength(1);
      }
    } finally {
      await store.close();
      await target.close();
    }

    const copy = await startTestServer({
      ...{ mongoUri: targetUri, seedUsers: 0, dataDir: join(folder, 'restored') },
    });
    try {
      const token = (await copy.run('token', '--role', 'user', '--user', 'visitor-0')).trim();
      const list = await listOf(copy, token);
      expect(list.items.length).toBeGreaterThan(0);
      for (const { item } of list.items) expect(before.slice(0, 3)).not.toContain(item.id);
      expect(await copy.run('doctor')).not.toContain('FAIL');
    } finally {
      await copy.stop();
    }
  });

  it('is refused by a database with data, unless they may be replaced', async () => {
    const uri = freshDatabase(inject('mongoUri'));
    await restore(uri, 'twice');
    await expect(restore(uri, 'twice')).rejects.toThrow('--replace replaces all its data');
    await expect(restore(uri, 'twice', '--replace')).resolves.toContain('Restored');
  });

  it('never replaces a file', async () => {
    await expect(server.run('backup', '--out', file())).rejects.toThrow('already exists');
  });

  it('changes nothing when the file is damaged or truncated', async () => {
    const whole = await readFile(file());
    const uri = freshDatabase(inject('mongoUri'));
    const raw = await createConnection(uri).asPromise();
    const damaged = Buffer.from(whole);
    damaged[Math.floor(damaged.length / 2)]! ^= 0xff;
    try {
      for (const bytes of [whole.subarray(0, whole.length - 9), whole.subarray(0, 9_000), damaged]) {
        await writeFile(join(folder, 'bad'), bytes);
        await expect(
          runCommand(elsewhere(uri, 'bad-data'), 'restore', ['--from', join(folder, 'bad')]),
        ).rejects.toThrow('is not a complete backup');
      }
      await expect(
        runCommand(elsewhere(uri, 'bad-data'), 'restore', ['--from', join(folder, 'missing')]),
      ).rejects.toThrow(/There is no file .*missing\./);
      expect(await raw.db!.listCollections().toArray()).toEqual([]);
      await expect(stat(join(folder, 'bad-data'))).rejects.toThrow('ENOENT');
    } finally {
      await raw.close();
    }
  });

  it('is not served while a restore is incomplete, and the restore can be repeated', async () => {
    const uri = freshDatabase(inject('mongoUri'));
    await restore(uri, 'cut');
    const raw = await createConnection(uri).asPromise();
    await raw.collection('dataset').updateOne({}, { $set: { isRestoring: true } });
    await raw.close();
    await expect(runCommand(elsewhere(uri, 'cut'), 'rebuild', [])).rejects.toThrow('was interrupted');
    await restore(uri, 'cut', '--replace');
    await expect(runCommand(elsewhere(uri, 'cut'), 'rebuild', [])).resolves.toContain('Rebuilt');
  });

  it('needs the pepper of its users', async () => {
    const pepper = { SMARTPERSONA_PEPPER: randomBytes(32).toString('hex') };
    const env = { ...elsewhere(freshDatabase(inject('mongoUri')), 'other'), ...pepper };
    await expect(runCommand(env, 'restore', ['--from', file()])).rejects.toThrow(
      'SMARTPERSONA_PEPPER is not the pepper of the backup',
    );
  });
});
