/** Opens the one database everything is kept in, in one of four ways, and says which. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '../domain/index.js';
import { adminCommand } from '../store/mongo/index.js';

import { describeUri, redact, withDatabaseName } from './connection-string.js';
import { openEmbedded } from './embedded-database.js';
import { DataFolderInUseError, DatabaseUriError } from './errors.js';
import { tryLock, type Lock } from './lock-file.js';
import { keepOplogShort, oplogKeptMs } from './oplog.js';
import { OPLOG_RETENTION_SECONDS } from './secantusdb.js';
import type { DatabaseKind } from './ways.js';

const URI_TIMEOUT_MS = 3_000;

export interface DatabaseSettings {
  /** Null: find or start a database. */
  readonly mongodbUri: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Folders to look for `mongod` in, as in PATH. */
  readonly programPath: string;
  /** Where programs are installed, see `cacheFolder`; a user without a home has them in `dataDir`. */
  readonly cacheDir: string;
}

export interface OpenDatabaseOptions {
  readonly settings: DatabaseSettings;
  readonly log: Logger;
  /** A server has the data folder to itself and looks after the database; a command uses what is running. */
  readonly role: 'server' | 'command';
  /** What is being waited for, in words. */
  readonly onProgress?: (message: string) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface Database {
  readonly uri: string;
  readonly kind: DatabaseKind;
  /** For people: what it is and where its data are; holds no credentials. */
  readonly description: string;
  /** True when this call started a server; false when one was running. */
  readonly isStarted: boolean;
  /** The longest an entry of the oplog stays; null where this program does not decide it. */
  readonly oplogKeptMs: number | null;
  /** Gives the database up; an embedded one ends with its last user. */
  stop(): Promise<void>;
}

/**
 * Throws DatabaseUriError when MONGODB_URI is set and does not answer, NoDatabaseError when nothing can be started,
 * DataFolderInUseError when another server uses the data folder for an embedded database.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { settings, log } = options;
  const database =
    settings.mongodbUri === null ? await openInDataFolder(options) : await openUri(settings.mongodbUri, log);
  log.info({ kind: database.kind, isStarted: database.isStarted }, `database: ${database.description}`);
  return database;
}

async function openUri(given: string, log: Logger): Promise<Database> {
  const uri = withDatabaseName(given);
  const place = describeUri(uri);
  let isReplicaSet: boolean;
  try {
    const hello = await adminCommand(uri, { hello: 1 }, URI_TIMEOUT_MS);
    // Answered without an account as well; the next one is not.
    await adminCommand(uri, { listDatabases: 1, nameOnly: true, authorizedDatabases: true }, URI_TIMEOUT_MS);
    isReplicaSet = hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
  } catch (error) {
    // The cause is left behind: nobody knows what a driver's error carries along.
    throw new DatabaseUriError(place, redact((error as Error).message, given));
  }
  if (!isReplicaSet) {
    log.warn({}, 'the database is a standalone server without change streams: run one instance only on it');
  }
  return {
    uri,
    kind: 'uri',
    description: `${place} (MONGODB_URI${isReplicaSet ? '' : ', standalone: one instance only'})`,
    isStarted: false,
    oplogKeptMs: null,
    stop: () => Promise.resolve(),
  };
}

async function openInDataFolder(options: OpenDatabaseOptions): Promise<Database> {
  const { settings, log, role, onProgress = () => undefined, signal } = options;
  const { dataDir, programPath, cacheDir } = settings;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = role === 'server' ? lockForServer(dataDir) : null;
  try {
    const isSupervised = role === 'server';
    const embedded = await openEmbedded({
      ...{ dataDir, programPath, cacheDir, isSupervised, log, onProgress, signal },
    });
    const isSecantus = embedded.kind === 'secantusdb';
    const endPruning = isSecantus && role === 'server' ? keepOplogShort(embedded.uri, log) : () => undefined;
    return {
      uri: embedded.uri,
      kind: embedded.kind,
      description: `${NAMES[embedded.kind]}, data in ${dataDir}${embedded.isStarted ? '' : ' (was running)'}`,
      isStarted: embedded.isStarted,
      oplogKeptMs: isSecantus ? oplogKeptMs(OPLOG_RETENTION_SECONDS) : null,
      async stop() {
        endPruning();
        await embedded.stop();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

const NAMES: Readonly<Record<Exclude<DatabaseKind, 'uri'>, string>> = {
  mongod: 'mongod from PATH as a replica set of one node',
  'memory-server': 'mongod from mongodb-memory-server as a replica set of one node',
  secantusdb: 'SecantusDB (for trying out; your own data belong in MongoDB, see MONGODB_URI)',
};

function lockForServer(dataDir: string): Lock {
  const result = tryLock(join(dataDir, 'server.lock'));
  if ('holder' in result) throw new DataFolderInUseError(dataDir, result.holder.pid);
  return result.lock;
}
