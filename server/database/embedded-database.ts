/**
 * The database in the data folder. Every program that opens it, a server or a command, registers as a user: the first
 * program starts the database, later programs attach to it, and the last to close ends it. A file lock serializes these
 * steps.
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { Logger } from '../domain/index.js';
import { probeWrite } from '../store/mongo/index.js';

import { createAccount, readPassword } from './account.js';
import { addUser, countUsers, readRecord, writeRecord, type DatabaseRecord } from './data-folder.js';
import { NoDatabaseError } from './errors.js';
import { EMBEDDED_KINDS, kindsToTry, type EmbeddedKind, type ProgramPlaces } from './kinds/index.js';
import { waitForLock } from './lock-file.js';
import { isAlive } from './process.js';
import { ACCOUNT, endProgram, freePort, startProgram, uriOf } from './server-program.js';
import { supervise } from './supervisor.js';

/** Long enough for an installation by the program that holds the lock. */
const LOCK_MS = 420_000;
/** A server may need this long to answer while it recovers its files after a crash. */
const ADOPTION_MS = 20_000;
/** A busy server may delay a write for this long. */
const WRITE_MS = 10_000;

interface EmbeddedOptions extends ProgramPlaces {
  /** Restart the server when it dies. */
  readonly isSupervised: boolean;
  readonly log: Logger;
  readonly onProgress: (message: string) => void;
  /** Aborts the wait for the server. */
  readonly signal?: AbortSignal;
}

interface EmbeddedDatabase {
  readonly uri: string;
  readonly kind: EmbeddedKind;
  /** False when it was already running. */
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
  // Ends the database also when the process exits without calling `stop`.
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
        probe: ({ uri }) => probeWrite(uri, WRITE_MS),
        restart: (dead, signal) => restart(dataDir, dead, { lockPath, signal }),
      })
    : null;
  return {
    uri: record.uri,
    kind: kindOf(record),
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
  const found = readRecord(dataDir, (path) =>
    log.warn(
      { path },
      'the record of the database is malformed and will be replaced; a database that still runs is not found',
    ),
  );
  if (found !== null && isAlive(found.process)) {
    if ((await probeWrite(found.uri, ADOPTION_MS)) === 'done') return { record: found, isStarted: false };
    log.warn(
      { pid: found.process.pid },
      'the database of this data folder runs but takes no writes; restarting it',
    );
    await endProgram(found.process);
  }
  const failures: { kind: string; needs: string; reason: string }[] = [];
  for (const kind of kindsToTry(dataDir)) {
    let command: string | null = null;
    try {
      command = await kind.obtain(options, onProgress);
      onProgress('Starting the database');
      const record = await start(dataDir, kind, command, { preferredPort: found?.port, signal });
      return { record, isStarted: true };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = (error as Error).message;
      if (command !== null) log.warn({ kind: kind.kind, command, reason }, 'the database did not start');
      failures.push({ kind: kind.kind, needs: kind.needs, reason });
    }
  }
  throw new NoDatabaseError(failures);
}

async function start(
  dataDir: string,
  kind: EmbeddedKind,
  command: string,
  { preferredPort, signal }: { preferredPort?: number; signal?: AbortSignal },
): Promise<DatabaseRecord> {
  const port = await freePort(preferredPort);
  const started = await startServer({ kind: kind.kind, command, port }, dataDir, signal);
  const record = { kind: kind.kind, ...started, port, command, startedAt: new Date().toISOString() };
  writeRecord(dataDir, record);
  return record;
}

/** Restarts a dead or hung server on its port, unless a different program did so during the wait for the lock. */
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
 * Starts a server of a kind. If the kind has an account, the first start creates it, in a server without access control.
 * `uri`: the address that programs already use; if it has no account, the restarted server has no access control either.
 */
async function startServer(
  record: Pick<DatabaseRecord, 'kind' | 'command' | 'port'> & { readonly uri?: string },
  dataDir: string,
  signal?: AbortSignal,
): Promise<Pick<DatabaseRecord, 'process' | 'uri'>> {
  const { command, port, uri } = record;
  const kind = kindOf(record);
  if (!kind.hasAccount || uri === uriOf(port)) {
    const program = kind.program(command, dataDir);
    return { process: await startProgram(program, port, { signal }), uri: uriOf(port) };
  }
  if (readPassword(dataDir) === null) {
    const open = await startProgram(kind.program(command, dataDir), port, { signal });
    try {
      // If this process is killed now, the next start finds that server by its record.
      const startedAt = new Date().toISOString();
      writeRecord(dataDir, { kind: kind.kind, process: open, port, uri: uriOf(port), command, startedAt });
      await createAccount(uriOf(port), ACCOUNT, dataDir);
    } finally {
      await endProgram(open);
    }
  }
  const password = readPassword(dataDir);
  const guarded = kind.program(command, dataDir, { hasAuth: true });
  return { process: await startProgram(guarded, port, { signal, password }), uri: uriOf(port, password) };
}

function kindOf({ kind: name }: Pick<DatabaseRecord, 'kind'>): EmbeddedKind {
  return EMBEDDED_KINDS.find(({ kind }) => kind === name)!;
}
