/** Opening the database for real: MONGODB_URI, and SecantusDB with restarts, crashes and several programs at once. */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { createConnection, type Collection } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { readRecord } from '../../server/database/data-folder.js';
import {
  DataFolderInUseError,
  DatabaseUriError,
  cacheFolder,
  openDatabase,
  type Database,
} from '../../server/database/index.js';
import type { EmbeddedKind } from '../../server/database/kinds/index.js';
import { pruneOplog } from '../../server/database/oplog.js';
import { endProcess, isAlive } from '../../server/database/process.js';
import { secantusPython } from '../../server/database/kinds/secantus-python.js';
import { secantusRust } from '../../server/database/kinds/secantus-rust.js';
import { secantusProgram } from '../../server/database/kinds/secantus.js';
import { endProgram, freePort, startProgram, uriOf } from '../../server/database/server-program.js';
import type { Logger } from '../../server/domain/index.js';
import { DatabaseUnavailableError } from '../../server/domain/index.js';
import { adminCommand, createMongoStore } from '../../server/store/mongo/index.js';
import {
  cacheHomeOf,
  freshDatabase,
  kindsHere,
  obtainForTests,
  startTestDatabase,
} from '../support/database.js';
import { waitFor } from '../support/wait-for.js';

let dataDir: string;
/** Holds the programs that `open` and `hold` may find. */
let cacheHome = '';
let lines: string[];
let opened: Database[];
let holders: ChildProcess[];

const log: Logger = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields: object, message?: string) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  ]),
) as unknown as Logger;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'smartpersona-data-'));
  [lines, opened, holders] = [[], [], []];
});

afterEach(async () => {
  for (const database of opened) await database.stop();
  for (const holder of holders) holder.kill('SIGKILL');
  const left = readRecord(dataDir);
  if (left !== null) await endProcess(left.process, 10_000);
  await rm(dataDir, { recursive: true, force: true });
});

/** Without a PATH to look for mongod in, so that every machine takes the same way. */
async function open(role: 'server' | 'command', mongodbUri: string | null = null): Promise<Database> {
  const cacheDir = cacheFolder({ XDG_CACHE_HOME: cacheHome });
  const settings = { mongodbUri, dataDir, programPath: '', cacheDir };
  const database = await openDatabase({ settings, log, role });
  opened.push(database);
  return database;
}

/** Makes this kind the only one that can be started. */
function useKind(kind: EmbeddedKind): void {
  beforeAll(async () => {
    cacheHome = await cacheHomeOf(kind);
  });
  afterAll(() => rm(cacheHome, { recursive: true, force: true }));
}

/** Opens the database in a process of its own. */
async function hold(
  role: 'server' | 'command',
): Promise<{ child: ChildProcess; answer: Record<string, unknown> }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/support/database-holder.ts', dataDir, role],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_CACHE_HOME: cacheHome },
    },
  );
  holders.push(child);
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, answer: JSON.parse(line) as Record<string, unknown> };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Runs some work on a store of the database. */
async function withStore<T>(
  uri: string,
  work: (store: Awaited<ReturnType<typeof createMongoStore>>) => Promise<T>,
) {
  const store = await createMongoStore({ uri });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function withCollection<T>(uri: string, work: (rows: Collection<{ _id: number }>) => Promise<T>) {
  const connection = await createConnection(uri).asPromise();
  try {
    return await work(connection.collection<{ _id: number }>('numbers'));
  } finally {
    await connection.close(true);
  }
}

const setSeed = (uri: string, seed: number) => withStore(uri, (store) => store.dataset.update({ seed }));
const getSeed = (uri: string) => withStore(uri, async (store) => (await store.dataset.get()).seed);
const databaseProcess = () => readRecord(dataDir)!.process;

describe('MONGODB_URI', () => {
  it('is used when it answers, and the log says so without naming anybody', async () => {
    const uri = freshDatabase(inject('mongoUri'));
    const database = await open('server', uri);
    expect(database).toMatchObject({ kind: 'uri', uri, isStarted: false });
    expect(database.description).toContain('MONGODB_URI');
    expect(lines.filter((line) => line.startsWith('info database:'))).toHaveLength(1);
    await setSeed(database.uri, 5);
    expect(await getSeed(uri)).toBe(5);
  });

  it('may be shared by servers on the same data folder', async () => {
    const uri = freshDatabase(inject('mongoUri'));
    const databases = [await open('server', uri), await open('server', uri)];
    expect(databases.map((database) => database.uri)).toEqual([uri, uri]);
  });

  it('is an error when nobody answers there, without credentials and without another choice', async () => {
    const error = await open('server', 'mongodb://root:hunter2@127.0.0.1:1/x?authSource=admin').catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DatabaseUriError);
    expect((error as Error).message).toContain('mongodb://127.0.0.1:1/x');
    expect(`${(error as Error).stack} ${JSON.stringify(error)} ${lines.join()}`).not.toMatch(/hunter2|root/);
    expect(readRecord(dataDir)).toBeNull();
  });

  it('is an error when somebody accepts the connection and stays silent', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await expect(open('server', `mongodb://127.0.0.1:${port}`)).rejects.toBeInstanceOf(DatabaseUriError);
    silent.close();
  });

  it.each([
    'mongodb://u:hunter2@h:notaport/x',
    'mongodb://u:hunter2@/x',
    'mongodb://h/?unknownOption=hunter2',
  ])('is an error when it makes no sense: %s', async (uri) => {
    const error = await open('command', uri).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseUriError);
    expect((error as Error).message).not.toContain('hunter2');
  });
});

describe.each(kindsHere())('SecantusDB, $kind', (kind) => {
  useKind(kind);

  it('is started with its data in the data folder, keeps them over a restart, and ends with its user', async () => {
    const first = await open('server');
    expect(first).toMatchObject({ kind: kind.kind, hint: kind.hint, isStarted: true });
    expect(first.description).toContain(dataDir);
    const server = databaseProcess();
    await setSeed(first.uri, 7);
    await first.stop();
    expect(isAlive(server)).toBe(false);

    await writeFile(join(dataDir, 'database.json'), '{"kind":');
    const second = await open('server');
    expect(second.isStarted).toBe(true);
    expect(await getSeed(second.uri)).toBe(7);
    expect(lines.filter((line) => line.startsWith('warn')).join('\n')).toContain(
      'the record of the database is malformed',
    );
    expect(readRecord(dataDir)).not.toBeNull();
  });

  it('takes commands only with the password in the data folder, which its owner alone may read', async () => {
    const { uri } = await open('server');
    const password = (await readFile(join(dataDir, 'database-password'), 'utf8')).trim();
    expect(uri).toContain(password);
    for (const name of ['database-password', 'database.json']) {
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
    }
    const stranger = new URL(uri);
    [stranger.username, stranger.password] = ['', ''];
    const ask = (address: string) => adminCommand(address, { listDatabases: 1 }, 5_000);
    await expect(ask(stranger.href)).rejects.toThrow();
    await expect(ask(uri.replace(password, 'x'.repeat(64)))).rejects.toThrow();
    await expect(ask(uri)).resolves.toMatchObject({ ok: 1 });
    expect(lines.join('\n')).not.toContain(password);
  });

  it('opens data that an earlier version kept without a password, and guards them', async () => {
    const unguarded = await startTestDatabase({ dataDir, kind });
    await setSeed(unguarded.uri, 23);
    await unguarded.stop();
    const { uri } = await open('server');
    expect(await getSeed(uri)).toBe(23);
    expect(uri).toMatch(/^mongodb:\/\/smartpersona:/);
  });

  it('serves change streams and transactions, which a store needs to share it', async () => {
    const database = await open('server');
    expect(await withStore(database.uri, async (store) => store.hasChangeStreams)).toBe(true);
  });

  it('drops what was erased from its oplog once the retention is over', async () => {
    const command = await obtainForTests(kind, dataDir);
    const port = await freePort();
    const server = await startProgram(secantusProgram(command, dataDir, { oplogRetentionSeconds: 1 }), port);
    const connection = await createConnection(uriOf(port)).asPromise();
    try {
      const rows = connection.collection<{ _id: string }>('users');
      await rows.insertOne({ _id: 'erased-user' });
      await rows.deleteOne({ _id: 'erased-user' });
      const oplog = connection.useDb('local').collection('oplog.rs');
      const names = async () => JSON.stringify(await oplog.find().toArray()).includes('erased-user');
      expect(await names()).toBe(true);
      await waitFor(async () => {
        await pruneOplog(uriOf(port));
        return !(await names());
      }, 'the oplog names the user no more');
    } finally {
      await connection.close();
      await endProgram(server);
    }
  });

  it('is refused to a second server, which is told who has it', async () => {
    await open('server');
    const error = await open('server').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataFolderInUseError);
    expect((error as Error).message).toContain(`process ${process.pid}`);
    const { answer } = await hold('server');
    expect(answer).toMatchObject({ name: 'DataFolderInUseError' });
    expect(answer['message']).toContain(`process ${process.pid}`);
  });

  it('is shared with commands while a server runs, and stays when they end', async () => {
    const server = await open('server');
    const command = await open('command');
    expect(command).toMatchObject({ uri: server.uri, isStarted: false });
    await command.stop();
    opened.pop();
    await setSeed(server.uri, 8);
    expect(isAlive(databaseProcess())).toBe(true);
  });

  it('is started by a command for its own time, and stays for those who came meanwhile', async () => {
    const first = await open('command');
    const second = await open('command');
    expect([first.isStarted, second.isStarted]).toEqual([true, false]);
    const process = databaseProcess();
    await first.stop();
    await setSeed(second.uri, 9);
    await second.stop();
    expect(isAlive(process)).toBe(false);
    opened = [];
  });

  it('starts once when several programs come at the same time', async () => {
    const databases = await Promise.all([open('command'), open('server'), open('command')]);
    expect(new Set(databases.map((database) => database.uri)).size).toBe(1);
    expect(databases.filter((database) => database.isStarted)).toHaveLength(1);
  });

  it('is started again on its port with all its data when its process is killed', async () => {
    const database = await open('server');
    const store = await createMongoStore({ uri: database.uri });
    await store.dataset.update({ seed: 11 });
    const killed = databaseProcess();
    process.kill(killed.pid, 'SIGKILL');
    await waitFor(() => databaseProcess().pid !== killed.pid, 'a new database process', 40_000);
    // The same store, opened before the crash, finds its way back.
    const info = await waitFor(
      () => store.dataset.get().catch(() => null),
      'an answer to the old store',
      20_000,
    );
    expect(info.seed).toBe(11);
    expect(lines.some((line) => line.startsWith('warn') && line.includes('has died'))).toBe(true);
    await store.close();
  });

  it('keeps every acknowledged write when it is killed right after the answer', async () => {
    const database = await open('server');
    const numbers: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const killed = databaseProcess();
      await withCollection(database.uri, async (rows) => {
        for (let nth = 0; nth < 20; nth += 1) {
          await rows.insertOne({ _id: numbers.length }, { writeConcern: { w: 'majority', j: true } });
          numbers.push(numbers.length);
        }
        process.kill(killed.pid, 'SIGKILL');
      });
      await waitFor(() => databaseProcess().pid !== killed.pid, 'a new database process', 40_000);
      const kept = await withCollection(database.uri, (rows) => rows.find().sort({ _id: 1 }).toArray());
      expect(kept.map(({ _id }) => _id)).toEqual(numbers);
    }
  }, 180_000);

  it('is left running by a server that is killed, and adopted by the next one, which ends it', async () => {
    const { child, answer } = await hold('server');
    expect(answer).toMatchObject({ isStarted: true });
    const orphan = databaseProcess();
    await setSeed(answer['uri'] as string, 13);
    await end(child, 'SIGKILL');
    expect(isAlive(orphan)).toBe(true);

    const next = await open('server');
    expect(next).toMatchObject({ isStarted: false, uri: answer['uri'] });
    expect(await getSeed(next.uri)).toBe(13);
    await next.stop();
    expect(isAlive(orphan)).toBe(false);
  });

  it('starts anew when both the server and the database were killed', async () => {
    const { child, answer } = await hold('server');
    await setSeed(answer['uri'] as string, 17);
    await end(child, 'SIGKILL');
    process.kill(databaseProcess().pid, 'SIGKILL');
    const next = await open('server');
    expect(next.isStarted).toBe(true);
    expect(await getSeed(next.uri)).toBe(17);
  });

  it('ends when the program that holds it is asked to stop', async () => {
    const { child } = await hold('server');
    const server = databaseProcess();
    await end(child, 'SIGTERM');
    expect(isAlive(server)).toBe(false);
    expect(await readFile(join(dataDir, 'database.log'), 'utf8')).not.toContain('Traceback');
  });

  it('ends with a program that a defect ends', async () => {
    const { child } = await hold('server');
    const server = databaseProcess();
    await end(child, 'SIGUSR2');
    await waitFor(() => !isAlive(server), 'the end of the database', 20_000);
  });

  it.each(['{}', '{"process":{"pid":"1"},"uri":7}', '[]'])(
    'is looked for by its files where the record of it cannot be used: %s',
    async (content) => {
      await writeFile(join(dataDir, 'database.json'), content);
      const database = await open('server');
      expect(database.isStarted).toBe(true);
    },
  );
});

describe.skipIf(kindsHere().length < 2)('a data folder (skipped where one server only is here)', () => {
  it('is opened by either server after the other, with its password', async () => {
    let seed = 0;
    let before: string | null = null;
    for (const kind of [secantusPython, secantusRust, secantusPython, secantusRust]) {
      cacheHome = await cacheHomeOf(kind);
      const database = await open('server');
      expect(database.kind).toBe(kind.kind);
      if (before !== null) expect(await getSeed(database.uri)).toBe(seed);
      await setSeed(database.uri, ++seed);
      const password = new URL(database.uri).password;
      expect(password).toBe(before ?? password);
      before = password;
      await database.stop();
      await rm(cacheHome, { recursive: true, force: true });
    }
  }, 180_000);
});

describe.skipIf(!canMount()).each(kindsHere())(
  'SecantusDB, $kind, on a disk that is full (skipped where tmpfs cannot be mounted)',
  (kind) => {
    useKind(kind);
    const ballast = () => join(dataDir, 'ballast');
    beforeEach(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'full', dataDir]));
    afterEach(async () => {
      await rm(ballast(), { force: true });
      for (const database of opened.splice(0)) await database.stop();
      execFileSync('umount', ['-l', dataDir]);
    });

    /** Fills the disk and writes until the server refuses. */
    async function exhaust(uri: string): Promise<void> {
      const documents = [{ text: 'n'.repeat(100_000) }];
      await withStore(uri, async (store) => {
        const { bavail, bsize } = statfsSync(dataDir);
        await writeFile(ballast(), Buffer.alloc(bavail * bsize)).catch(() => undefined);
        await waitFor(
          () =>
            adminCommand(uri, { insert: 'ballast', documents }, 5_000).then(
              () => false,
              () => true,
            ),
          'a refusal',
          40_000,
        );
        await expect(store.probe()).rejects.toBeInstanceOf(DatabaseUnavailableError);
        await store.ping();
      });
    }

    it('is seen though it answers pings, and works again by itself when there is space', async () => {
      const database = await open('server');
      await setSeed(database.uri, 21);
      await exhaust(database.uri);
      await waitFor(
        () => lines.some((line) => line.includes('refuses every write')),
        'the supervisor',
        30_000,
      );
      await rm(ballast());
      await waitFor(
        () =>
          withStore(database.uri, (store) => store.probe()).then(
            () => true,
            () => false,
          ),
        'a write',
        60_000,
      );
      expect(await getSeed(database.uri)).toBe(21);
    }, 180_000);

    it('is started anew by the next program, not adopted', async () => {
      const { child, answer } = await hold('command');
      const uri = answer['uri'] as string;
      await setSeed(uri, 22);
      await exhaust(uri);
      const panicked = databaseProcess();
      await end(child, 'SIGKILL');
      await rm(ballast());
      expect(isAlive(panicked)).toBe(true);
      const database = await open('server');
      expect(database.isStarted).toBe(true);
      expect(isAlive(panicked)).toBe(false);
      expect(await getSeed(database.uri)).toBe(22);
    }, 180_000);
  },
);

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'smartpersona-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'probe', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
