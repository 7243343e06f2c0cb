/** Opens the database, the store and the services of a program, and closes them in reverse order. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { nextSlot } from '../../jobs/index.js';

import type { Database } from '../database/index.js';
import { openDatabase } from '../database/index.js';
import type { Logger, Tracer } from '../domain/index.js';
import { SmartPersonaError } from '../domain/index.js';
import { createPseudonymizer } from '../privacy/index.js';
import { createMongoStore } from '../store/mongo/index.js';
import type { Schedule } from '../services/index.js';
import { createSparkStarter } from '../spark/index.js';
import type { Store } from '../store/index.js';
import { DATA_VERSION, DataVersionError, requireKnownVersion } from '../store/index.js';
import { createThreadTrainer } from '../workers/index.js';

import type { Container } from './container.js';
import { createContainer, createInstanceId, hasEnded } from './container.js';
import type { Settings } from './settings.js';
import { startTracing, type Tracing } from './tracing.js';

/** Timeout of each closing step, such as writing pending data. */
const DRAIN_MS = 2_000;

export interface Application {
  readonly settings: Settings;
  readonly log: Logger;
  readonly database: Database;
  readonly store: Store;
  readonly container: Container;
  readonly pseudonymize: (rawId: string) => string;
  readonly tracer: Tracer;
  /** The key that signs tokens. */
  readonly secret: Uint8Array;
  /** File with the synthesiser's ground truth, read by evaluation and simulation only. */
  readonly truthPath: string;
  close(): Promise<void>;
}

interface OpenApplicationOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** A server locks the data folder; a command attaches to a running server's database, or starts it for its duration. */
  readonly role: 'server' | 'command';
  /** A restore opens data that are incomplete or of an earlier version. Default false. */
  readonly isRestore?: boolean;
  /** Clock of the services; default the machine's clock. */
  readonly clock?: () => number;
  /** Called with a description of each slow step. */
  readonly onProgress?: (message: string) => void;
  /** Aborts the wait for a database. */
  readonly signal?: AbortSignal;
}

/** The pepper differs from the pepper of the stored pseudonyms. */
class WrongPepperError extends SmartPersonaError {
  readonly code = 'WRONG_PEPPER';
  constructor(dataDir: string, { stored, given }: { stored: string; given: string }) {
    super(
      `The pepper (key version ${given}) differs from the pepper of the users in the database (key version ${stored}): ` +
        `restore SMARTPERSONA_PEPPER, or the file ${join(dataDir, 'pepper')}, from a backup.`,
    );
  }
}

/** The stored data are incomplete; the message says what to do. */
class IncompleteDataError extends SmartPersonaError {
  readonly code = 'INCOMPLETE_DATA';
}

/** Opens everything and starts the services. */
export async function openApplication(options: OpenApplicationOptions): Promise<Application> {
  const application = await connect(options);
  try {
    await application.container.start();
    return application;
  } catch (error) {
    await application.close();
    throw error;
  }
}

/**
 * Opens everything and constructs the services; the caller starts them. Throws WrongPepperError if the data were stored
 * under a different pepper, DataVersionError for data of another version, and the errors of `openDatabase`.
 */
export async function connect(options: OpenApplicationOptions): Promise<Application> {
  const { settings, log, role, clock, onProgress, signal } = options;
  // Reject files and the ground truth are written there, even if keys and database are elsewhere.
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase({ settings, log, role, onProgress, signal });
  let store: Store | null = null;
  let tracing: Tracing | null = null;
  try {
    const instanceId = createInstanceId();
    tracing = await startTracing(settings.otlpEndpoint, instanceId, log);
    const { tracer } = tracing;
    store = await createMongoStore({ uri: database.uri, origin: instanceId });
    if (options.isRestore !== true) await checkStoredData(store, role);
    const { pseudonymize, keyVersion } = createPseudonymizer(settings.pepper);
    const stored = await store.dataset.claimKeyVersion(keyVersion);
    if (stored !== keyVersion) throw new WrongPepperError(settings.dataDir, { stored, given: keyVersion });
    const { guardTolerance, keepVersions, epsilonPerDay, exclude, isDemoAllowed, tokenMaxDays } = settings;
    const { trainingPrivacy, secret, allowsPrivateWebhooks, hasPrivateMode } = settings;
    const trainer = createThreadTrainer({
      nThreads: settings.trainingThreads ?? undefined,
      startCluster: sparkStarter(settings, database, (message) => {
        log.info({ master: settings.sparkMaster }, message);
        if (role === 'command') onProgress?.(message);
      }),
    });
    const container = createContainer({
      ...{ store, trainer, pseudonymize, log, clock, tracer },
      ...{ guardTolerance, keepVersions, epsilonPerDay, exclude, isDemoAllowed, tokenMaxDays, instanceId },
      ...{ trainingPrivacy, secret, allowsPrivateWebhooks, hasPrivateMode },
      oplogKeptMs: database.oplogKeptMs,
      isGone: database.kind === 'uri' ? undefined : hasEnded,
      nextRunAt: () => nextSlot(settings.retrainCron, settings.retrainTimeZone, (clock ?? Date.now)()),
      schedules: () => schedulesOf(settings, (clock ?? Date.now)()),
    });
    return {
      settings,
      log,
      database,
      store,
      container,
      pseudonymize,
      secret: settings.secret,
      truthPath: join(settings.dataDir, 'truth.jsonl'),
      tracer,
      close: () => close({ container, store: store!, database, tracing: tracing! }, log),
    };
  } catch (error) {
    await store?.close();
    await tracing?.close();
    await database.stop();
    throw error;
  }
}

/** Undefined unless the settings ask for Spark. */
function sparkStarter(
  { sparkMaster: master, dataDir, cacheDir }: Settings,
  { kind, uri }: Database,
  onProgress: (message: string) => void,
) {
  if (master === null) return undefined;
  // An embedded database answers this machine only.
  const readsDatabase = kind === 'uri';
  return createSparkStarter({
    ...{ master, mongodbUri: uri, readsDatabase, dataDir, cacheDir, onProgress },
    env: process.env,
  });
}

/** A server migrates older data before it serves, see `migrate`; a command does not, since an older server may run. */
async function checkStoredData(store: Store, role: OpenApplicationOptions['role']): Promise<void> {
  if (await store.migrations.isRestoring())
    throw new IncompleteDataError(
      'A restore of this database is running or was interrupted: wait, or repeat `npm run restore` with --replace.',
    );
  const stored = await store.migrations.storedVersion();
  if (stored === null) return store.migrations.stamp(DATA_VERSION);
  requireKnownVersion(stored);
  if (role === 'server' || stored === DATA_VERSION) return;
  throw new DataVersionError(
    `The stored data have version ${stored}, and this command needs version ${DATA_VERSION}: start the server of this ` +
      'release once, which migrates them.',
  );
}

function schedulesOf(
  { retrainCron, driftCron, retrainTimeZone: timeZone }: Settings,
  now: number,
): Schedule[] {
  const schedule = (job: Schedule['job'], cron: string) => ({
    ...{ job, cron, timeZone },
    nextRunAt: nextSlot(cron, timeZone, now),
  });
  return [schedule('retrain', retrainCron), schedule('drift', driftCron)];
}

/** Derived data that cannot be written in time are rebuilt from recorded events at the next start. */
async function close(
  {
    container,
    store,
    database,
    tracing,
  }: Pick<Application, 'container' | 'store' | 'database'> & { readonly tracing: Tracing },
  log: Logger,
): Promise<void> {
  const steps = [
    () => within(DRAIN_MS, container.stop()),
    () => within(DRAIN_MS, store.close()),
    () => tracing.close(),
  ];
  for (const step of steps) {
    await step().catch((error: unknown) =>
      log.warn({ err: error }, 'closing was incomplete; the next start repairs derived data'),
    );
  }
  await database.stop();
}

async function within(deadlineMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${deadlineMs / 1_000} s`)), deadlineMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
