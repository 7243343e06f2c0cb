/** Opens everything a program of this product needs, in order, and closes it in the opposite order. */

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

/** How long what waits to be written may hold up the end of a program. */
const DRAIN_MS = 2_000;

export interface Application {
  readonly settings: Settings;
  readonly log: Logger;
  readonly database: Database;
  readonly store: Store;
  readonly container: Container;
  readonly pseudonymize: (rawId: string) => string;
  /** Signs tokens. */
  readonly secret: Uint8Array;
  /** The synthesiser's ground truth. Only evaluation and simulation read it. */
  readonly truthPath: string;
  close(): Promise<void>;
}

export interface OpenApplicationOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** A server owns the data folder; a command attaches to a running server's database, or opens its own for a while. */
  readonly role: 'server' | 'command';
  /** What the services take for the present; default the machine's clock. */
  readonly clock?: () => number;
  /** What is being waited for, in words. */
  readonly onProgress?: (message: string) => void;
  /** Ends the wait for a database. */
  readonly signal?: AbortSignal;
}

/** The data were stored under pseudonyms of another pepper. */
export class WrongPepperError extends SmartPersonaError {
  readonly code = 'WRONG_PEPPER';
  constructor(dataDir: string, { stored, given }: { stored: string; given: string }) {
    super(
      `The pepper (key version ${given}) is not the one that the users in the database are stored under (key version ${stored}): ` +
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
 * Opens everything; the services are built, and the caller starts them. Throws WrongPepperError when the data were stored
 * under another pepper, and what `openDatabase` throws.
 */
export async function connect(options: OpenApplicationOptions): Promise<Application> {
  const { settings, log, role, clock, onProgress, signal } = options;
  // Reject files and the ground truth go there, also when keys and database are elsewhere.
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

/** What is derived and cannot be written in time is made up for by the next start, from the record. */
async function close(
  { container, store, database }: Pick<Application, 'container' | 'store' | 'database'>,
  log: Logger,
): Promise<void> {
  const steps = [() => within(DRAIN_MS, container.stop()), () => within(DRAIN_MS, store.close())];
  for (const step of steps) {
    await step().catch((error: unknown) =>
      log.warn({ err: error }, 'closing was not complete; the next start makes up for it'),
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
