/** In-memory store for tests: behaves like the MongoDB store, without a database. Data is lost with the process. */

import type { Store } from '../repositories.js';

import { createAccounts, createAudit, createInvitations, createSessions } from './accounts.js';
import { createAlerts, createDrift, createThresholds } from './alerts.js';
import { createItems, createUsers } from './catalogue.js';
import {
  createDataset,
  createImportHistory,
  createItemFigures,
  createMetrics,
  createMigrations,
  createNotices,
  createPersonaHistory,
  createRuns,
  createShownLists,
} from './ledgers.js';
import { createActivity, createFeedback, createProfiles } from './record.js';
import { createPublishableKeys, createRevocations, createTokens } from './tokens.js';
import { createLeases, createModels } from './versions.js';
import { createWebhooks } from './webhooks.js';

export function createMemoryStore(): Store {
  const leases = createLeases();
  return {
    items: createItems(),
    users: createUsers(),
    activity: createActivity(),
    profiles: createProfiles(),
    feedback: createFeedback(),
    models: createModels(leases),
    personaHistory: createPersonaHistory(),
    metrics: createMetrics(),
    shownLists: createShownLists(),
    notices: createNotices(),
    runs: createRuns(),
    leases,
    alerts: createAlerts(),
    imports: createImportHistory(),
    itemFigures: createItemFigures(),
    drift: createDrift(),
    thresholds: createThresholds(),
    dataset: createDataset(),
    migrations: createMigrations(),
    tokens: createTokens(),
    revocations: createRevocations(),
    publishableKeys: createPublishableKeys(),
    webhooks: createWebhooks(),
    accounts: createAccounts(),
    sessions: createSessions(),
    invitations: createInvitations(),
    audit: createAudit(),
    hasChangeStreams: true,
    onReconnect: () => undefined,
    ping: () => Promise.resolve(),
    probe: () => Promise.resolve(),
    inspect: () => Promise.resolve({ now: null, missingIndexes: [], disk: null }),
    close: () => Promise.resolve(),
  };
}
