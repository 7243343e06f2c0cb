/** `npm run shard` as a program, on a database that is no cluster. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createConnection, type Connection } from 'mongoose';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { SHARD_KEYS } from '../../server/store/mongo/index.js';
import { freshDatabase } from '../support/database.js';

const SENTENCE = 'The database is a replica set, not a sharded cluster: nothing was changed.';

let folder: string;
let uri: string;
let raw: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartpersona-shard-'));
  uri = freshDatabase(inject('mongoUri'));
  raw = await createConnection(uri).asPromise();
});
afterEach(async () => {
  await raw.close();
  await rm(folder, { recursive: true, force: true });
});

function shard(...args: string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/server/app/commands/shard.js', ...args], {
      env: { ...process.env, MONGODB_URI: uri, SMARTPERSONA_DATA_DIR: join(folder, 'data') },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('npm run shard, on a database that is no sharded cluster', () => {
  it('says so in a sentence, fails, and changes nothing', async () => {
    expect(await shard()).toEqual({ code: 1, stdout: '', stderr: `${SENTENCE}\n` });
    expect(await raw.db!.listCollections().toArray()).toEqual([]);
  });

  it('prints the keys and what would be done with --dry-run, and changes nothing', async () => {
    const { code, stdout, stderr } = await shard('--dry-run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.slice(1, -2).map((line) => line.split(' ')[0])).toEqual(Object.keys(SHARD_KEYS));
    expect(lines).toContainEqual(expect.stringMatching(/^users +\{ _id: 1 \} +would be sharded$/));
    expect(lines).toContainEqual(expect.stringMatching(/^activity +\{ userId: 1 \} +would be sharded$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^itemFigures +\{ _id: "hashed" \} +would be sharded, with a new index$/),
    );
    expect(lines.at(-2)).toMatch(/^Not sharded: accounts, /);
    expect(lines.at(-1)).toBe(SENTENCE);
    expect(await raw.db!.listCollections().toArray()).toEqual([]);
  });
});
