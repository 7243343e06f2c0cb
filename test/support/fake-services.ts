/** A small working system in memory behind the interfaces of the services, for tests of the API alone. */

import { createHash } from 'node:crypto';

import type {
  Alert,
  AnalyticsReport,
  DriftReport,
  EventBus,
  Feedback,
  Item,
  LiveRates,
  MetricGrain,
  ModelVersion,
  Persona,
  PersonaEvolution,
  RecommendationList,
  TrainingRun,
  User,
} from '../../server/domain/index.js';
import {
  AlreadyRunningError,
  ItemNotFoundError,
  ModelNotFoundError,
  PersonaNotFoundError,
  addCount,
  emptyCounts,
  itemFiguresOf,
} from '../../server/domain/index.js';
import { urlProblem } from '../../server/egress/index.js';
import { createPasswords } from '../../server/privacy/index.js';
import { AccountService, AuditService, PublishableKeyService } from '../../server/services/access/index.js';
import { ThresholdService } from '../../server/services/models/index.js';
import { WebhookService } from '../../server/services/webhooks/index.js';
import type { Services, TokenRecord } from '../../server/services/index.js';
import { createMemoryStore } from '../../server/store/memory/index.js';

export const ALICE = 'a'.repeat(64);
export const BOB = 'b'.repeat(64);
const CREATED_AT = Date.UTC(2026, 0, 5);

/** What a test may look at or change. */
export interface FakeSystem {
  readonly services: Services;
  readonly calls: Record<string, number>;
  isSynthetic: boolean;
  /** Thrown by every service that would ask the database. */
  failure: Error | null;
  runningSince: number | null;
  /** Ids of revoked tokens. */
  readonly revoked: Set<string>;
  /** What was recorded of signed tokens. */
  readonly signed: TokenRecord[];
}

export function fakeSystem(bus: EventBus, now: () => number = Date.now): FakeSystem {
  const items = new Map(Array.from({ length: 30 }, (_, i) => fakeItem(i)).map((item) => [item.itemId, item]));
  const users = new Map([fakeUser(ALICE), fakeUser(BOB)].map((user) => [user.userId, user]));
  const personas = new Map(['seeker', 'explorer'].map((id) => [id, fakePersona(id)]));
  const feedback = new Map<string, Feedback>();
  const revisions = new Map<string, number>();
  const recorded = new Set<string>();
  const model = fakeModel([...personas.values()]);
  let alert = fakeAlert();
  const calls = emptyCounts();

  const ask = async <T>(name: string, answer: () => T): Promise<T> => {
    addCount(calls, name);
    await Promise.resolve();
    if (system.failure !== null) throw system.failure;
    return answer();
  };
  const opinionsOf = (userId: string): Feedback[] =>
    [...feedback.values()].filter((row) => row.userId === userId);

  // As in the product, an activation raises the revision of every list, and an unchanged list is made once.
  let nActivations = 0;
  bus.listen('model.activated', () => (nActivations += 1));
  const lists = new Map<string, RecommendationList>();
  const listFor = (userId: string, first: number, categories: readonly string[] = []): RecommendationList => {
    const revision = (revisions.get(userId) ?? 0) + nActivations;
    const key = JSON.stringify([userId, first, categories, revision]);
    const list = lists.get(key) ?? makeList({ userId, first, categories, revision });
    lists.set(key, list);
    return list;
  };
  const makeList = ({
    userId,
    first,
    categories,
    revision,
  }: {
    userId: string;
    first: number;
    categories: readonly string[];
    revision: number;
  }): RecommendationList => {
    const disliked = new Set(
      opinionsOf(userId)
        .filter((row) => row.value === -1)
        .map((row) => row.itemId),
    );
    const rows = [...items.values()]
      .filter(
        (item) =>
          !disliked.has(item.itemId) && (categories.length === 0 || categories.includes(item.category)),
      )
      .slice(0, first);
    return {
      listId: `list-${userId.slice(0, 1)}-${revision}`,
      userId,
      modelVersion: 1,
      revision,
      personaId: 'seeker',
      facet: null,
      items: rows.map((item, index) => {
        const total = 10 - index;
        const explanation = {
          persona: 1,
          popularity: 2,
          sequence: 0.25,
          sequenceItemId: 'i29',
          newLikeItemId: null,
          items: [{ itemId: 'i29', contribution: total - 3.75 }],
          otherItems: 0.5,
          total,
        };
        return { itemId: item.itemId, rank: index + 1, score: total, explanation };
      }),
    };
  };

  const store = createMemoryStore();
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const parts = { store, bus, announce: async () => undefined, clock: () => now(), log: silent };
  let nIds = 0;
  const thresholds = new ThresholdService({
    store,
    defaults: { psi: 0.25, centroid: 0.5, share: 0.1, guardTolerance: 0.02, hitRateLoss: 0.1 },
  });

  const services: Services = {
    accounts: new AccountService({ ...parts, passwords: createPasswords({ cost: 16 }) }),
    settings: {
      hasPrivateMode: true,
      schedules: () => [{ job: 'retrain', cron: '0 3 * * 0', timeZone: 'UTC', nextRunAt: CREATED_AT }],
      thresholds: () => thresholds.inForce(),
      changeThresholds: (change) => thresholds.change(change),
    },
    webhooks: new WebhookService({
      ...parts,
      createId: () => `webhook-${(nIds += 1)}`,
      secret: new Uint8Array(32),
      post: async () => 204,
      urlProblem: (url) => urlProblem(url, false),
    }),
    publishableKeys: new PublishableKeyService({
      ...parts,
      pseudonymize: (rawId) => createHash('sha256').update(rawId).digest('hex'),
      createId: () => `key-${(nIds += 1)}`,
    }),
    audit: new AuditService({ ...parts, createId: () => `${(nIds += 1)}`.padStart(6, '0') }),
    catalogue: {
      get revision() {
        return calls['importItems'] ?? 0;
      },
      get generation() {
        return calls['importItems'] ?? 0;
      },
      hasChangedSince: () => false,
      item: (id) => ask('item', () => items.get(id) ?? null),
      itemsById: (ids) => ask('itemsById', () => ids.flatMap((id) => items.get(id) ?? [])),
      items: ({ first, after, category, search }) =>
        ask('items', () => {
          const rows = [...items.values()]
            .sort((a, b) => (a.itemId < b.itemId ? -1 : 1))
            .filter((item) => after === null || item.itemId > after)
            .filter((item) => category == null || item.category === category)
            .filter((item) => search == null || item.title.startsWith(search));
          return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
        }),
      categories: () => ask('categories', () => ['even', 'odd']),
      similarItems: (id, first) =>
        ask('similarItems', () => {
          if (!items.has(id)) throw new ItemNotFoundError(id);
          return [...items.keys()].slice(0, first).map((itemId) => ({ itemId, similarity: 0.5 }));
        }),
      updateItem: (itemId, patch) =>
        ask('updateItem', () => {
          const item = items.get(itemId);
          if (item === undefined) return null;
          items.set(itemId, { ...item, ...patch });
          return items.get(itemId)!;
        }),
      importItems: (rows) =>
        ask('importItems', () => {
          const inserted = rows.filter((row) => !items.has(row.itemId)).length;
          for (const row of rows) items.set(row.itemId, row);
          return { inserted, updated: rows.length - inserted, unchanged: 0 };
        }),
    },
    users: {
      find: (id) => ask('findUser', () => users.get(id) ?? null),
      findMany: (ids) => ask('findUsers', () => ids.flatMap((id) => users.get(id) ?? [])),
      users: ({ first, after }) =>
        ask('users', () => {
          const rows = [...users.values()].filter((user) => after === null || user.userId > after);
          return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
        }),
      demoUsers: (first) => ask('demoUsers', () => [...users.values()].slice(0, first)),
      feedbackOf: (userIds) =>
        ask('feedbackOf', () => new Map(userIds.map((userId) => [userId, opinionsOf(userId).reverse()]))),
      dataset: () =>
        ask('dataset', () => ({
          isSynthetic: system.isSynthetic,
          seed: system.isSynthetic ? 1 : null,
          unknownItemEvents: 0,
          filledAt: CREATED_AT,
          countedAt: CREATED_AT,
          catalogueRevision: 0,
        })),
    },
    demo: {
      get isOpen() {
        return system.isSynthetic;
      },
      admit: () => undefined,
    },
    tokens: {
      noteUse: () => undefined,
      isRevoked: ({ tokenId }) => tokenId !== null && system.revoked.has(tokenId),
      record: (token) => ask('recordToken', () => void system.signed.push(token)),
      tokens: (first) =>
        ask('tokens', () => system.signed.slice(0, first).map((token) => ({ ...token, revokedAt: null }))),
      revoke: (subject) =>
        ask('revoke', () => {
          if (subject.kind === 'token') system.revoked.add(subject.id);
          bus.publish('access.changed', {});
          return { ...subject, at: CREATED_AT, expiresAt: CREATED_AT };
        }),
    },
    personas: {
      personas: () => [...personas.values()],
      persona: (id) => personas.get(id) ?? null,
      histories: (userIds) =>
        ask('histories', () => {
          const step = {
            version: 1,
            personaId: 'seeker',
            confidence: 0.9,
            at: CREATED_AT,
            cause: 'model' as const,
          };
          return new Map(userIds.map((userId) => [userId, [{ userId, ...step }]]));
        }),
      evolution: () => ask('evolution', () => fakeEvolution([...personas.values()])),
      rename: (id, label) =>
        ask('rename', () => {
          const persona = personas.get(id);
          if (persona === undefined) throw new PersonaNotFoundError(id);
          const renamed = { ...persona, label };
          personas.set(id, renamed);
          return renamed;
        }),
    },
    corrections: {
      correct: (_userId, personaId) =>
        ask('correct', () => {
          if (personaId !== null && !personas.has(personaId)) throw new PersonaNotFoundError(personaId);
          const isChosen = personaId !== null;
          return { ...fakeUser(ALICE).persona!, personaId: personaId ?? 'seeker', isChosen };
        }),
      behaviour: () => ask('behaviour', () => [{ feature: 'clickRate', value: 0.5 }]),
      evidence: () => ask('evidence', () => ({ have: 12, need: 10 })),
      comparison: () =>
        ask('comparison', () => [{ feature: 'clickRate', user: 0.5, persona: 0.4, everybody: 0.2 }]),
    },
    userData: {
      erasable: () => ask('erasable', () => null),
      export: (userId) =>
        ask('export', () => ({
          ...{ userId, exportedAt: CREATED_AT, user: users.get(userId) ?? null, profile: null },
          ...{ activity: [], feedback: opinionsOf(userId), personaHistory: [], shownLists: [], tokens: [] },
        })),
      erase: (userId) =>
        ask('erase', () => {
          bus.publish('user.erased', { userId });
          const times = { requestedAt: CREATED_AT, completedAt: CREATED_AT };
          return {
            receiptId: 'receipt-1',
            userId,
            ...times,
            removed: { users: 1 },
            remains: null,
            until: null,
          };
        }),
    },
    recommendations: {
      recommend: ({ userId, first, filter }) =>
        ask('recommend', () => listFor(userId, first, filter?.categories)),
      facets: () =>
        ask('facets', () => [
          { label: 'even', share: 0.6, nItems: 6, itemIds: ['i0', 'i2'] },
          { label: 'odd', share: 0.4, nItems: 4, itemIds: ['i1', 'gone'] },
        ]),
      preload: () => Promise.resolve(),
      onboardingItems: ({ first }) => ask('onboardingItems', () => [...items.keys()].slice(0, first)),
      counterfactual: ({ itemId, withoutItemId }) =>
        ask('counterfactual', () => ({
          ...{ itemId, withoutItemId, rankBefore: 1, rankAfter: 4, scoreBefore: 1, scoreAfter: 0.5 },
        })),
      preview: ({ userId, version, first, filter }) =>
        ask('preview', () => {
          if (version !== 1) throw new ModelNotFoundError(version);
          return listFor(userId, first, filter?.categories);
        }),
      show: ({ userId, first, filter }) => ask('show', () => listFor(userId, first, filter?.categories)),
      countShown: () => addCount(calls, 'countShown'),
    },
    feedback: {
      submit: ({ userId, itemId, value, listId, position }) =>
        ask('submit', () => {
          const receivedAt = Date.now();
          if (!items.has(itemId)) return { kind: 'unknown-item' as const, itemId };
          const key = `${userId}/${itemId}`;
          const seq = (feedback.get(key)?.seq ?? 0) + 1;
          const stored: Feedback = {
            userId,
            itemId,
            value,
            at: receivedAt,
            listId,
            position: position ?? null,
            modelVersion: 1,
            origin: 'test',
            seq,
            afterEvents: revisions.get(userId) ?? 0,
          };
          feedback.delete(key);
          feedback.set(key, stored);
          revisions.set(userId, (revisions.get(userId) ?? 0) + 1);
          bus.publish('recommendations.updated', { userId, cause: 'FEEDBACK', receivedAt });
          return {
            kind: 'accepted' as const,
            feedback: stored,
            list: listFor(userId, 10),
            latencyMs: Date.now() - receivedAt,
          };
        }),
    },
    events: {
      record: (events) =>
        ask('record', () =>
          events.map((event, index) => {
            const key = JSON.stringify(event);
            if (event.type !== 'search' && event.itemId === null) {
              return {
                index,
                status: 'rejected' as const,
                reason: 'An item is needed.',
                isUnknownItem: false,
              };
            }
            const status = recorded.has(key) ? ('duplicate' as const) : ('recorded' as const);
            recorded.add(key);
            return { index, status, reason: null, isUnknownItem: false };
          }),
        ),
      history: () => ask('events', () => []),
    },
    training: {
      summary: () => Promise.resolve({ latestState: null, succeededAt: null, durationMs: null, nHeld: 0 }),
      start: (trigger) =>
        ask('start', () => {
          if (system.runningSince !== null)
            throw new AlreadyRunningError('retrain', 'host-1', system.runningSince);
          system.runningSince = CREATED_AT;
          return fakeRun(trigger);
        }),
      run: (trigger) => ask('run', () => fakeRun(trigger)),
      isDue: () => ask('isDue', () => false),
      cancel: () => ask('cancel', () => system.runningSince !== null),
      currentRun: () => null,
      findRun: (runId) => ask('findRun', () => ({ ...fakeRun('admin'), runId })),
      nextRunAt: () => null,
      runs: (first) => ask('runs', () => [fakeRun('schedule')].slice(0, first)),
    },
    alerts: {
      alerts: ({ first, isAcknowledged }) =>
        ask('alerts', () =>
          [alert]
            .filter((row) => isAcknowledged === undefined || (row.acknowledgedAt !== null) === isAcknowledged)
            .slice(0, first),
        ),
      alert: (id) => ask('alert', () => (id === alert.alertId ? alert : null)),
      acknowledge: (id, by) =>
        ask('acknowledge', () => {
          if (id !== alert.alertId) return null;
          alert = { ...alert, acknowledgedAt: CREATED_AT, acknowledgedBy: by };
          return alert;
        }),
    },
    analytics: {
      report: ({ from, to, grain }) =>
        ask('analytics', () => fakeReport(from ?? 0, to ?? 0, grain ?? 'hour')),
      live: () => ask('live', () => fakeRates()),
      clusterMap: () => null,
      totals: () => ({ events: 7, thumbs: 2, impressions: 40, activeUsers: 2 }),
      recordPush: () => undefined,
      recordRequest: () => undefined,
      recordFault: () => undefined,
      previousTotals: () => ask('previousTotals', () => null),
      marks: () => ask('marks', () => []),
      itemFigures: (itemIds) =>
        ask('itemFigures', () =>
          itemIds.map((itemId) => itemFiguresOf({ itemId, counters: { clicks: 1 }, served: 4 })),
        ),
      events: () => ask('events', () => []),
      ingestion: () =>
        ask('ingestion', () => ({
          ...{ since: CREATED_AT, received: 0, medianLagMs: null, unknownItemEvents: 0, isWithheld: false },
        })),
    },
    imports: { imports: () => ask('imports', () => []) },
    setup: {
      steps: () => ask('setup', () => ({ hasEvents: true, hasItems: true, hasModel: true, hasThumb: false })),
    },
    drift: {
      report: () => ask('drift', () => fakeDrift()),
      isDue: () => ask('isDriftDue', () => false),
      check: () => ask('checkDrift', () => fakeDrift()),
    },
    privacy: { isEnabled: false, personaSize: () => ask('personaSize', () => null) },
    models: {
      activeVersion: () => 1,
      model: (version) => ask('model', () => (version === 1 ? model : null)),
      models: (first) => ask('models', () => [model].slice(0, first)),
      activate: (version) =>
        ask('activate', () => {
          if (version !== 1) throw new ModelNotFoundError(version);
          return model;
        }),
    },
  };
  const system: FakeSystem = {
    ...{ services, calls, isSynthetic: true, failure: null, runningSince: null },
    ...{ revoked: new Set(), signed: [] },
  };
  return system;
}

function fakeItem(index: number): Item {
  return {
    itemId: `i${index}`,
    title: `Item ${index}`,
    category: index % 2 === 0 ? 'even' : 'odd',
    tags: ['tag'],
    attributes: { year: 2_000 + index },
    locale: null,
    createdAt: CREATED_AT,
    isAvailable: true,
  };
}

function fakeUser(userId: string): User {
  return {
    userId,
    locale: 'en',
    createdAt: CREATED_AT,
    persona: { personaId: 'seeker', confidence: 0.9, since: CREATED_AT, pending: null, modelVersion: 1 },
    eventCount: 12,
    isSynthetic: true,
  };
}

function fakePersona(personaId: string): Persona {
  return {
    personaId,
    label: personaId,
    description: `Those who are a ${personaId}.`,
    size: 1,
    share: 0.5,
    silhouette: 0.6,
    centroid: { clickRate: 0.25 },
    distinctive: [{ feature: 'clickRate', zScore: 2 }],
  };
}

function fakeModel(personas: Persona[]): ModelVersion {
  return {
    version: 1,
    status: 'active',
    createdAt: CREATED_AT,
    trainedAt: CREATED_AT,
    activatedAt: CREATED_AT,
    activation: 1,
    parentVersion: null,
    reassignedAt: CREATED_AT,
    k: 2,
    evidence: [{ k: 2, inertia: 10, silhouette: 0.6, elbow: 0.3 }],
    personas,
    metrics: { 'precision@5': { value: 0.8, low: 0.79, high: 0.81 } },
    hyperParameters: { nComponents: 64 },
    dataset: { nUsers: 2, nItems: 30, nInteractions: 24, nEvents: 24 },
    timingsMs: { fit: 12 },
    comparison: [],
    trainingPrivacy: null,
    comparisonBasis: null,
    judgedBy: 'like',
    reason: null,
  };
}

function fakeReport(from: number, to: number, grain: MetricGrain): AnalyticsReport {
  return {
    ...{ from, to, grain },
    totals: {
      ...{ impressions: 0, clicks: 0, ctr: null, sessions: 0 },
      ...{ events: 0, likes: 0, dislikes: 0, purchases: 0 },
    },
    ...{ ctr: [], engagement: [], personaCategory: [], hourWeekday: [], quality: [] },
    privacy: {
      isEnabled: false,
      epsilonPerDay: null,
      epsilonUsed: 0,
      noiseStdDev: null,
      suppressedBelow: null,
      suppressedCells: 0,
    },
  };
}

function fakeRates(): LiveRates {
  return {
    at: CREATED_AT,
    ...{ activeUsers: 2, thumbsPerSecond: 0.1, eventsPerSecond: 0.5, impressionsPerSecond: 5, ctr: 0.1 },
    ...{ pushLatencyP50Ms: null, pushLatencyP99Ms: null, errorRate: null, openSubscriptions: 1 },
    ...{ modelVersion: 1, modelActivatedAt: CREATED_AT },
  };
}

function fakeRun(trigger: TrainingRun['trigger']): TrainingRun {
  return {
    runId: 'run-1',
    job: 'retrain',
    state: 'running',
    stage: 'fit',
    progress: 0.5,
    remainingMs: 1_000,
    startedAt: CREATED_AT,
    endedAt: null,
    error: null,
    host: 'host-1',
    modelVersion: null,
    trigger,
  };
}

function fakeAlert(): Alert {
  return {
    alertId: 'drift-1',
    kind: 'drift',
    severity: 'warning',
    message: 'Behaviour has drifted.',
    at: CREATED_AT,
    modelVersion: 1,
    acknowledgedAt: null,
    acknowledgedBy: null,
    values: { clickRate: 0.3 },
  };
}

function fakeDrift(): DriftReport {
  return {
    modelVersion: 1,
    measuredAt: CREATED_AT,
    nUsers: 2,
    isDrifting: true,
    features: [{ feature: 'clickRate', psi: 0.3, isDrifting: true }],
    personas: [
      {
        personaId: 'seeker',
        centroidShift: 0.1,
        share: 0.5,
        previousShare: 0.5,
        shareShift: 0,
        isDrifting: false,
      },
    ],
    thresholds: { psi: 0.25, centroid: 0.5, share: 0.1 },
  };
}

function fakeEvolution(personas: Persona[]): PersonaEvolution {
  const byId = new Map(personas.map((persona) => [persona.personaId, persona]));
  return {
    fromVersion: 1,
    toVersion: 2,
    nUsers: 2,
    nMoved: 1,
    transitions: [
      { from: 'seeker', to: 'seeker', count: 1 },
      { from: 'seeker', to: 'explorer', count: 1 },
    ],
    changes: [{ kind: 'stable', from: ['seeker'], to: ['seeker'] }],
    fromPersonas: byId,
    toPersonas: byId,
  };
}
