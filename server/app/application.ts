/** Opens the database, the store and the services of a program, and closes them in reverse order. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Database } from '../database/index.js';
import { openDatabase } from '../database/index.js';
import type { Logger } from '../domain/index.js';
import { SmartPersonaError } from '../domain/index.js';
import { createPseudonymizer } from '../privacy/index.js';
import { createMongoStore } from '../store/mongo/index.js';
import type { Store } from '../store/index.js';
import { createThreadTrainer } from '../workers/index.js';

import type { Container } from './container.js';
import { createContainer, createInstanceId, hasEnded } from './container.js';
import type { Settings } from './settings.js';

/** Timeout of each closing step, such as writing pending data. */
const DRAIN_MS = 2_000;

export interface Application {
  readonly settings: Settings;
  readonly log: Logger;
  readonly database: Database;
  readonly store: Store;
  readonly container: Container;
  readonly pseudonymize: (rawId: string) => string;
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
 * under a different pepper, and the errors of `openDatabase`.
 */
export async function connect(options: OpenApplicationOptions): Promise<Application> {
  const { settings, log, role, clock, onProgress, signal } = options;
  // Reject files and the ground truth are written there, even if keys and database are elsewhere.
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase({ settings, log, role, onProgress, signal });
  let store: Store | null = null;
  try {
    const instanceId = createInstanceId();
    store = await createMongoStore({ uri: database.uri, origin: instanceId });
    const { pseudonymize, keyVersion } = createPseudonymizer(settings.pepper);
    const stored = await store.dataset.claimKeyVersion(keyVersion);
    if (stored !== keyVersion) throw new WrongPepperError(settings.dataDir, { stored, given: keyVersion });
    const { guardTolerance, keepVersions, epsilonPerDay, exclude, isDemoAllowed, tokenMaxDays } = settings;
    const container = createContainer({
      ...{ store, trainer: createThreadTrainer(), pseudonymize, log, clock },
      ...{ guardTolerance, keepVersions, epsilonPerDay, exclude, isDemoAllowed, tokenMaxDays, instanceId },
      oplogKeptMs: database.oplogKeptMs,
      isGone: database.kind === 'uri' ? undefined : hasEnded,
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
      close: () => close({ container, store: store!, database }, log),
    };
  } catch (error) {
    await store?.close();
    await database.stop();
    throw error;
  }
}

/** Derived data that cannot be written in time are rebuilt from recorded events at the next start. */
async function close(
  { container, store, database }: Pick<Application, 'container' | 'store' | 'database'>,
  log: Logger,
): Promise<void> {
  const steps = [() => within(DRAIN_MS, container.stop()), () => within(DRAIN_MS, store.close())];
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
