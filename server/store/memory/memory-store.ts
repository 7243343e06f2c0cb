/** In-memory store for tests: behaves like the MongoDB store, without a database. Data is lost with the process. */

import type { Store } from '../repositories.js';

import { createAlerts, createDrift } from './alerts.js';
import { createItems, createUsers } from './catalogue.js';
import {
  createDataset,
  createMetrics,
  createNotices,
  createPersonaHistory,
  createRuns,
  createShownLists,
} from './ledgers.js';
import { createActivity, createFeedback, createProfiles } from './record.js';
import { createRevocations, createTokens } from './tokens.js';
import { createLeases, createModels } from './versions.js';

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
    drift: createDrift(),
    dataset: createDataset(),
    tokens: createTokens(),
    revocations: createRevocations(),
    hasChangeStreams: true,
    onReconnect: () => undefined,
    ping: () => Promise.resolve(),
    probe: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
