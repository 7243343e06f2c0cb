/** Opens the MongoDB store: its connection, its indexes, and all repositories, wrapped with error translation. */

import { type Connection, createConnection, type mongo } from 'mongoose';

import { DatabaseUnavailableError } from '../../domain/index.js';
import type { Store } from '../repositories.js';

import {
  createAccountRepository,
  createInvitationRepository,
  createSessionRepository,
} from './account.repository.js';
import { createActivityRepository } from './activity.repository.js';
import {
  createAlertRepository,
  createDriftRepository,
  createThresholdRepository,
} from './alert.repository.js';
import { createAuditRepository } from './audit.repository.js';
import { leaveOut } from './change-stream.js';
import { createDatasetRepository } from './dataset.repository.js';
import { guarded, translate } from './errors.js';
import { createFeedbackRepository } from './feedback.repository.js';
import { createImportHistoryRepository } from './import.repository.js';
import { inspect } from './inspect.js';
import { createItemFiguresRepository } from './item-figures.repository.js';
import { createItemRepository } from './item.repository.js';
import { createLeaseRepository } from './lease.repository.js';
import { createMetricRepository } from './metric.repository.js';
import { createMigrationRepository } from './migration.repository.js';
import { createModelRepository } from './model.repository.js';
import { createNoticeRepository } from './notice.repository.js';
import { createPersonaHistoryRepository } from './persona-history.repository.js';
import { createProfileRepository } from './profile.repository.js';
import { createPublishableKeyRepository } from './publishable-key.repository.js';
import { createRunRepository } from './run.repository.js';
import { createShownListRepository } from './shown-list.repository.js';
import { createRevocationRepository, createTokenRepository } from './token.repository.js';
import { type Topology, topologyOf } from './topology.js';
import { createUserRepository } from './user.repository.js';
import { createWebhookRepository } from './webhook.repository.js';
import { WriteLane } from './write-lane.js';

const SERVER_SELECTION_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Max wait for an answer. Bulk writes on a small machine take seconds; after this time the answer counts as lost. */
const SOCKET_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 2_000;
const HEARTBEAT_MS = 2_000;
const MAX_POOL_SIZE = 32;

interface MongoStoreOptions {
  readonly uri: string;
  /**
   * Origin of this instance's thumbs and notices, which are left out of its own watchers. Default: nothing is left out.
   */
  readonly origin?: string;
  /** Milliseconds since the epoch. Default: the system clock. */
  readonly clock?: () => number;
  /** How long a call waits for an unreachable server before it fails. Default 2000. */
  readonly serverSelectionTimeoutMs?: number;
  /** Called with the name, the collection and the whole of every command sent to the server. */
  readonly onCommand?: (name: string, collection: unknown, command: mongo.Document) => void;
  /** Creates no collections and indexes: for a program that only looks. Default false. */
  readonly isReadOnly?: boolean;
}

/**
 * Resolves when the server answers and the indexes exist; rejects with DatabaseUnavailableError when it does not
 * answer. Afterwards the connection recovers by itself: calls fail while the server is unreachable and work again when
 * it is back.
 */
export async function createMongoStore(options: MongoStoreOptions): Promise<Store> {
  const { onCommand, origin } = options;
  const connection = createConnection(options.uri, {
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? SERVER_SELECTION_TIMEOUT_MS,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    socketTimeoutMS: SOCKET_TIMEOUT_MS,
    heartbeatFrequencyMS: HEARTBEAT_MS,
    maxPoolSize: MAX_POOL_SIZE,
    // Acknowledged writes are on disk and survive a crash or power loss of the server.
    writeConcern: { w: 'majority', j: true },
    // Calls must fail while the server is unreachable instead of waiting in mongoose's buffer.
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
    monitorCommands: onCommand !== undefined,
    appName: 'smartpersona',
  });
  // Connection errors surface in the calls that fail; without a listener this event would end the process.
  connection.on('error', () => undefined);
  if (origin !== undefined) leaveOut(connection, origin);
  try {
    await connection.asPromise();
    if (onCommand !== undefined)
      connection
        .getClient()
        .on('commandStarted', ({ commandName, command }) =>
          onCommand(commandName, command[commandName], command),
        );
    const hello = await connection.db!.admin().command({ hello: 1 });
    const store = createRepositories(connection, {
      topology: topologyOf(hello),
      clock: options.clock ?? Date.now,
    });
    if (options.isReadOnly !== true) await createCollections(connection);
    return store;
  } catch (error) {
    await connection.close(true).catch(() => undefined);
    throw translate(error);
  }
}

/** Creates the declared collections and indexes that do not exist. */
export async function createCollections(connection: Connection): Promise<void> {
  for (const model of Object.values(connection.models)) {
    await model.createCollection();
    await model.createIndexes();
  }
}

/** Declares all collections on the connection, and sends nothing. */
export function createRepositories(
  connection: Connection,
  { topology, clock }: { topology: Topology; clock: () => number },
): Store {
  const lane = new WriteLane();
  const hasChangeStreams = topology !== 'standalone server';
  const isSharded = topology === 'sharded cluster';
  return {
    items: guarded(createItemRepository(connection)),
    users: guarded(createUserRepository(connection, { hasChangeStreams, lane })),
    activity: guarded(createActivityRepository(connection, { lane, clock, isSharded })),
    profiles: guarded(createProfileRepository(connection, lane)),
    feedback: guarded(createFeedbackRepository(connection, { hasChangeStreams, lane })),
    leases: guarded(createLeaseRepository(connection)),
    models: guarded(createModelRepository(connection, { isReplicaSet: hasChangeStreams, lane })),
    personaHistory: guarded(createPersonaHistoryRepository(connection, lane)),
    metrics: guarded(createMetricRepository(connection, lane)),
    shownLists: guarded(createShownListRepository(connection, lane)),
    notices: guarded(createNoticeRepository(connection, hasChangeStreams)),
    runs: guarded(createRunRepository(connection, hasChangeStreams)),
    alerts: guarded(createAlertRepository(connection, hasChangeStreams)),
    itemFigures: guarded(createItemFiguresRepository(connection, lane)),
    imports: guarded(createImportHistoryRepository(connection)),
    drift: guarded(createDriftRepository(connection)),
    thresholds: guarded(createThresholdRepository(connection)),
    dataset: guarded(createDatasetRepository(connection)),
    migrations: guarded(createMigrationRepository(connection)),
    tokens: guarded(createTokenRepository(connection)),
    revocations: guarded(createRevocationRepository(connection)),
    publishableKeys: guarded(createPublishableKeyRepository(connection)),
    webhooks: guarded(createWebhookRepository(connection)),
    accounts: guarded(createAccountRepository(connection)),
    sessions: guarded(createSessionRepository(connection)),
    invitations: guarded(createInvitationRepository(connection)),
    audit: guarded(createAuditRepository(connection)),
    hasChangeStreams,
    onReconnect: (listener) =>
      void connection
        .getClient()
        .on('serverDescriptionChanged', ({ previousDescription, newDescription }) => {
          if (previousDescription.type === 'Unknown' && newDescription.type !== 'Unknown') listener();
        }),
    ping: () => withinDeadline(connection.db!.admin().command({ ping: 1 })),
    probe: () => withinDeadline(probe(connection)),
    inspect: () => inspect(connection),
    close: () => connection.close(),
  };
}

/** A small write to disk under the store's write concern. */
function probe(connection: Connection): Promise<unknown> {
  return connection
    .db!.collection<{ _id: string; n: number }>('probes')
    .updateOne({ _id: 'probe' }, { $inc: { n: 1 } }, { upsert: true });
}

async function withinDeadline(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnavailableError()), PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([answer, late]);
  } catch (error) {
    throw error instanceof DatabaseUnavailableError ? error : new DatabaseUnavailableError({ cause: error });
  } finally {
    clearTimeout(timer);
  }
}
