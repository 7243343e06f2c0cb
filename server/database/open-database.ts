/** Opens the database: MONGODB_URI, or an embedded database in the data folder. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '../domain/index.js';
import { adminCommand, topologyOf } from '../store/mongo/index.js';

import { describeUri, redact, withDatabaseName } from './connection-string.js';
import { openEmbedded } from './embedded-database.js';
import { DataFolderInUseError, DatabaseUriError } from './errors.js';
import type { EmbeddedKind, ProgramPlaces } from './kinds/index.js';
import { tryLock, type Lock } from './lock-file.js';
import { keepOplogShort, oplogKeptMs } from './oplog.js';

const URI_TIMEOUT_MS = 3_000;

export interface DatabaseSettings extends ProgramPlaces {
  /** Null: find or start a database in the data folder. */
  readonly mongodbUri: string | null;
}

type DatabaseKind = 'uri' | EmbeddedKind['kind'];

interface OpenDatabaseOptions {
  readonly settings: DatabaseSettings;
  readonly log: Logger;
  /** A server locks the data folder and supervises the database; a command may attach to a running database. */
  readonly role: 'server' | 'command';
  /** Called with a description of each slow step. */
  readonly onProgress?: (message: string) => void;
  /** Aborts the wait. */
  readonly signal?: AbortSignal;
}

export interface Database {
  readonly uri: string;
  readonly kind: DatabaseKind;
  /** For people: the server and the location of its data; without credentials. */
  readonly description: string;
  /** Advice for the operator; null for none. */
  readonly hint: string | null;
  /** True when this call started the server; false when it was running. */
  readonly isStarted: boolean;
  /** Maximum age of oplog entries; null if this program does not set it. */
  readonly oplogKeptMs: number | null;
  /** Closes this use; an embedded database ends with its last user. */
  stop(): Promise<void>;
}

/**
 * Throws DatabaseUriError when MONGODB_URI is set and does not answer, NoDatabaseError when no database can be started,
 * DataFolderInUseError when a second server uses the data folder for an embedded database.
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
  let hasChangeStreams: boolean;
  try {
    const hello = await adminCommand(uri, { hello: 1 }, URI_TIMEOUT_MS);
    // `hello` is answered without an account; the next command is not.
    await adminCommand(uri, { listDatabases: 1, nameOnly: true, authorizedDatabases: true }, URI_TIMEOUT_MS);
    hasChangeStreams = topologyOf(hello) !== 'standalone server';
  } catch (error) {
    // Without the cause: a driver's error may contain credentials.
    throw new DatabaseUriError(place, redact((error as Error).message, given));
  }
  if (!hasChangeStreams) {
    log.warn({}, 'the database is a standalone server without change streams: run a single instance only');
  }
  return {
    uri,
    kind: 'uri',
    description: `${place} (MONGODB_URI${hasChangeStreams ? '' : ', standalone: one instance only'})`,
    hint: null,
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
    const { kind, label, oplogRetentionSeconds, hint } = embedded.kind;
    const isPruned = oplogRetentionSeconds !== null;
    const endPruning = isPruned && role === 'server' ? keepOplogShort(embedded.uri, log) : () => undefined;
    return {
      uri: embedded.uri,
      kind,
      description: `${label}, data in ${dataDir}${embedded.isStarted ? '' : ' (was running)'}`,
      hint,
      isStarted: embedded.isStarted,
      oplogKeptMs: isPruned ? oplogKeptMs(oplogRetentionSeconds) : null,
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

function lockForServer(dataDir: string): Lock {
  const result = tryLock(join(dataDir, 'server.lock'));
  if ('holder' in result) throw new DataFolderInUseError(dataDir, result.holder.pid);
  return result.lock;
}
