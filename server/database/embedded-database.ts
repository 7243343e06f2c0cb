/**
 * The database that lives in the data folder. Every program that opens it, a server or a command, signs in as a
 * user: the first one starts the server, later ones and the successors of a killed one find it running, and the last
 * to leave ends it. A short lock makes these steps one after the other.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '../domain/index.js';
import { probeWrite } from '../store/mongo/index.js';

import { createAccount, readPassword } from './account.js';
import { addUser, countUsers, readRecord, writeRecord, type DatabaseRecord } from './data-folder.js';
import { NoDatabaseError } from './errors.js';
import { waitForLock } from './lock-file.js';
import { obtainMongod } from './memory-server.js';
import { MONGOD_FOLDER, findMongod, mongodProgram } from './mongod.js';
import { isAlive } from './process.js';
import { programFolder } from './program-folder.js';
import { SECANTUS_FOLDER, installSecantus, secantusProgram } from './secantusdb.js';
import { ACCOUNT, endProgram, freePort, startProgram, uriOf } from './server-program.js';
import { supervise } from './supervisor.js';
import { NEEDS, waysToTry, type EmbeddedKind } from './ways.js';

/** An installation may go on meanwhile in another program. */
const LOCK_MS = 420_000;
/** A server that recovers its files after a crash may take this long for an answer. */
const ADOPTION_MS = 20_000;
/** A server at work may let a write wait for this long. */
const WRITE_MS = 10_000;

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Folders to look for `mongod` in, as in PATH. */
  readonly programPath: string;
  /** Where programs are installed; see `cacheFolder`. */
  readonly cacheDir: string;
  /** Restart the server when it dies. */
  readonly isSupervised: boolean;
  readonly log: Logger;
  readonly onProgress: (message: string) => void;
  /** Ends the wait for the server. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedDatabase {
  readonly uri: string;
  readonly kind: EmbeddedKind;
  /** False when it was running already. */
  readonly isStarted: boolean;
  stop(): Promise<void>;
}

export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, isSupervised, log, signal } = options;
  const lockPath = join(dataDir, 'database.lock');
  let removeUser = () => {};
  const lock = await waitForLock(lockPath, LOCK_MS, signal);
  let opened: { record: DatabaseRecord; isStarted: boolean };
  try {
    opened = await findOrStart(options);
    removeUser = addUser(dataDir, `${process.pid}-${randomUUID().slice(0, 8)}`);
  } finally {
    lock.release();
  }
  const { record, isStarted } = opened;
  const endIfUnused = () => {
    const current = readRecord(dataDir);
    return current !== null && countUsers(dataDir) === 0 ? current.process : null;
  };
  // A process that ends in any other way than by `stop` takes its database along.
  const abandon = () => {
    removeUser();
    const unused = endIfUnused();
    if (unused !== null && isAlive(unused)) process.kill(unused.pid, 'SIGTERM');
  };
  process.once('exit', abandon);
  const supervisor = isSupervised
    ? supervise({
        log,
        read: () => readRecord(dataDir) ?? record,
        refusesWrites: async ({ uri }) => (await probeWrite(uri, WRITE_MS)) === 'refused',
        restart: (dead, signal) => restart(dataDir, dead, { lockPath, signal }),
      })
    : null;
  return {
    uri: record.uri,
    kind: record.kind,
    isStarted,
    async stop() {
      await supervisor?.stop();
      const closing = await waitForLock(lockPath, LOCK_MS);
      try {
        removeUser();
        const unused = endIfUnused();
        if (unused !== null) await endProgram(unused);
      } finally {
        process.off('exit', abandon);
        closing.release();
      }
    },
  };
}

async function findOrStart(
  options: EmbeddedOptions,
): Promise<{ record: DatabaseRecord; isStarted: boolean }> {
  const { dataDir, log, onProgress, signal } = options;
  const found = readRecord(dataDir);
  if (found !== null && isAlive(found.process)) {
    if ((await probeWrite(found.uri, ADOPTION_MS)) === 'done') return { record: found, isStarted: false };
    log.warn(
      { pid: found.process.pid },
      'the database of this data folder runs but takes no writes; starting it anew',
    );
    await endProgram(found.process);
  }
  const failures: { way: string; needs: string; reason: string }[] = [];
  for (const kind of waysToTry({
    hasUri: false,
    hasMongodData: hasFiles(join(dataDir, MONGOD_FOLDER)),
    hasSecantusData: hasFiles(join(dataDir, SECANTUS_FOLDER)),
  }) as EmbeddedKind[]) {
    try {
      const command = await obtain(kind, options);
      onProgress('Starting the database');
      const record = await start(dataDir, kind, command, { preferredPort: found?.port, signal });
      return { record, isStarted: true };
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ way: kind, needs: NEEDS[kind], reason: (error as Error).message });
    }
  }
  throw new NoDatabaseError(failures);
}

/** The program of a kind, found, downloaded or installed. */
async function obtain(kind: EmbeddedKind, options: EmbeddedOptions): Promise<string> {
  const { programPath, onProgress } = options;
  if (kind === 'secantusdb') return installSecantus(onProgress, programFolder(options));
  if (kind === 'memory-server') return obtainMongod(onProgress);
  const found = findMongod(programPath);
  if (found === null) throw new Error('none is on PATH');
  return found;
}

async function start(
  dataDir: string,
  kind: EmbeddedKind,
  command: string,
  { preferredPort, signal }: { preferredPort?: number; signal?: AbortSignal },
): Promise<DatabaseRecord> {
  const port = await freePort(preferredPort);
  const started = await startServer({ kind, command, port }, dataDir, signal);
  const record = { kind, ...started, port, command, startedAt: new Date().toISOString() };
  writeRecord(dataDir, record);
  return record;
}

/** Ends what is left of a server, and starts it on its own port; the second to take the lock finds it running. */
async function restart(
  dataDir: string,
  dead: DatabaseRecord,
  { lockPath, signal }: { lockPath: string; signal: AbortSignal },
): Promise<void> {
  const lock = await waitForLock(lockPath, LOCK_MS, signal);
  try {
    const current = readRecord(dataDir) ?? dead;
    if (isAlive(current.process)) {
      if (current.process.pid !== dead.process.pid) return;
      await endProgram(current.process);
    }
    const started = await startServer(dead, dataDir, signal);
    writeRecord(dataDir, { ...dead, ...started, startedAt: new Date().toISOString() });
  } finally {
    lock.release();
  }
}

/**
 * Starts a server of a kind. SecantusDB's account is made at the first start, in a server that asks for none. `uri`: the one
 * that programs use already; without an account in it, it stays without until they have ended.
 */
async function startServer(
  { kind, command, port, uri }: Pick<DatabaseRecord, 'kind' | 'command' | 'port'> & { readonly uri?: string },
  dataDir: string,
  signal?: AbortSignal,
): Promise<Pick<DatabaseRecord, 'process' | 'uri'>> {
  if (kind !== 'secantusdb' || uri === uriOf(port)) {
    const program =
      kind === 'secantusdb' ? secantusProgram(command, dataDir) : mongodProgram(command, dataDir);
    return { process: await startProgram(program, port, { signal }), uri: uriOf(port) };
  }
  if (readPassword(dataDir) === null) {
    const open = await startProgram(secantusProgram(command, dataDir), port, { signal });
    try {
      // Were this process killed now, the next start would find that server by its record.
      const startedAt = new Date().toISOString();
      writeRecord(dataDir, { kind, process: open, port, uri: uriOf(port), command, startedAt });
      await createAccount(uriOf(port), ACCOUNT, dataDir);
    } finally {
      await endProgram(open);
    }
  }
  const password = readPassword(dataDir);
  const guarded = secantusProgram(command, dataDir, { hasAuth: true });
  return { process: await startProgram(guarded, port, { signal, password }), uri: uriOf(port, password) };
}

function hasFiles(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0;
}
