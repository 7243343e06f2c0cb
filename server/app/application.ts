/** Opens everything a program of this product needs, in order, and closes it in the opposite order. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Logger } from '../domain/index.js';
import { createPseudonymizer } from '../privacy/index.js';
import { createMongoStore } from '../store/mongo/index.js';
import type { Store } from '../store/index.js';
import { createThreadTrainer } from '../workers/index.js';

import type { Container } from './container.js';
import { createContainer, createInstanceId } from './container.js';
import type { Database } from './database/index.js';
import { openDatabase } from './database/index.js';
import type { Settings } from './settings.js';

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
}

export async function openApplication(options: OpenApplicationOptions): Promise<Application> {
  const { settings, log, role, clock, onProgress } = options;
  // Reject files and the ground truth go there, also when keys and database are elsewhere.
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase({ settings, log, role, onProgress });
  try {
    const instanceId = createInstanceId();
    const store = await createMongoStore({ uri: database.uri, origin: instanceId });
    const { pseudonymize } = createPseudonymizer(settings.pepper);
    const { guardTolerance, keepVersions, epsilonPerDay } = settings;
    const container = createContainer({
      ...{ store, trainer: createThreadTrainer(), pseudonymize, log, clock },
      ...{ guardTolerance, keepVersions, epsilonPerDay, instanceId },
    });
    await container.start();
    return {
      settings,
      log,
      database,
      store,
      container,
      pseudonymize,
      secret: settings.secret,
      truthPath: join(settings.dataDir, 'truth.jsonl'),
      async close() {
        await container.stop();
        await store.close();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}
