/** The composition root: constructs every service with its dependencies. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Exclusion, Logger } from '../domain/index.js';
import { DEFAULT_EXCLUSIONS } from '../domain/index.js';
import type { Fraction } from '../privacy/index.js';
import { createEventBus } from '../events/index.js';
import { AlertService, ModelRegistry } from '../services/models/index.js';
import {
  AnalyticsService,
  MetricRecorder,
  PrivacyService,
  PrivateMetrics,
} from '../services/analytics/index.js';
import {
  CatalogueService,
  DemoService,
  PersonaService,
  ProfileService,
  Reconnection,
  Succession,
  UserService,
  createAnnounce,
} from '../services/users/index.js';
import {
  DriftService,
  EvaluationService,
  ModelService,
  Reassignment,
  TrainingService,
  createRetraining,
} from '../services/training/index.js';
import {
  EventService,
  FeedbackService,
  Instances,
  CorrectionService,
  RecommendationService,
  ShownLists,
  TokenService,
  UserDataService,
} from '../services/serving/index.js';
import { ImportService, Rebuilder, SynthesisService } from '../services/data/index.js';
import type { Store } from '../store/index.js';
import type { Trainer } from '../workers/index.js';

export interface ContainerOptions {
  readonly store: Store;
  readonly trainer: Trainer;
  readonly pseudonymize: (rawId: string) => string;
  readonly log: Logger;
  readonly clock?: () => number;
  /** Maximum relative loss of quality of a new version against the active version; negative requires a gain. Default 0.02. */
  readonly guardTolerance?: number;
  /** Reasons not to list an item again, unless a request overrides them. Default: rated, bought. */
  readonly exclude?: readonly Exclusion[];
  /** Number of model versions kept for roll-back. Default 8. */
  readonly keepVersions?: number;
  /** Seeds clustering and factorisation; the same data and seed give the same model bytes. Default 1. */
  readonly seed?: number;
  /** Enables differential privacy for the dashboards; null or omitted: exact figures. */
  readonly epsilonPerDay?: Fraction | null;
  /** Allows demo sign-in as a synthetic user while all data are synthetic. Default true. */
  readonly isDemoAllowed?: boolean;
  /** Maximum lifetime of a token, in days. Default 365. */
  readonly tokenMaxDays?: number;
  /** Maximum age of entries of the database's oplog; null or omitted if unknown. */
  readonly oplogKeptMs?: number | null;
  /** Id of this instance, stored with its writes; default a new id. */
  readonly instanceId?: string;
  /** True if an instance is known to have ended; default: unknown. */
  readonly isGone?: (instanceId: string) => boolean;
}

export function createInstanceId(): string {
  return `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
}

/**
 * Whether an instance with an id from `createInstanceId` on this machine has ended. For instances that share a machine,
 * as with an embedded database.
 */
export function hasEnded(instanceId: string): boolean {
  const [host, pid] = instanceId.split(':');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

export type Container = ReturnType<typeof createContainer>;

export function createContainer({
  store,
  trainer,
  pseudonymize,
  log,
  clock = Date.now,
  seed = 1,
  guardTolerance = 0.02,
  keepVersions = 8,
  exclude = DEFAULT_EXCLUSIONS,
  epsilonPerDay = null,
  isDemoAllowed = true,
  tokenMaxDays = 365,
  oplogKeptMs = null,
  instanceId = createInstanceId(),
  isGone,
}: ContainerOptions) {
  const createId = () => randomUUID();
  const bus = createEventBus();
  const alerts = new AlertService({ store, bus, clock, log });
  const registry = new ModelRegistry();
  const announce = createAnnounce(store, instanceId, clock);
  const demo = new DemoService({ store, isAllowed: isDemoAllowed, bus, announce, log });
  const tokens = new TokenService({ store, maxDays: tokenMaxDays, bus, announce, clock, log });
  const catalogue = new CatalogueService({ store, registry, demo, announce, bus });
  const profiles = new ProfileService({
    ...{ store, catalogue, clock, log, announce },
    async onReplaced(profile) {
      const { userId } = profile;
      personas.forget(userId);
      await personas.follow(profile);
      bus.publish('recommendations.updated', { userId, cause: 'EVENTS', receivedAt: clock() });
    },
  });
  const personas = new PersonaService({ store, registry, bus, clock, log, announce });
  const metrics = new MetricRecorder({ store, catalogue, personas, clock, log });
  const reassignment = new Reassignment({ store, personas, instanceId, clock, log });
  const models = new ModelService({ store, registry, catalogue, reassignment, alerts, bus, clock, log });
  const shown = new ShownLists({ store, metrics, clock, log });
  const recommender = new RecommendationService({
    ...{ registry, catalogue, profiles, personas, shown, createId, exclude },
  });
  const feedback = new FeedbackService({
    store,
    catalogue,
    profiles,
    metrics,
    demo,
    recommendations: recommender,
    shown,
    activeVersion: () => registry.find()?.version ?? null,
    bus,
    instanceId,
    clock,
  });
  const events = new EventService({
    store,
    catalogue,
    profiles,
    demo,
    personas,
    metrics,
    shown,
    bus,
    clock,
  });
  const activeVersion = () => registry.find()?.version ?? null;
  const privacy = new PrivacyService({ store, epsilonPerDay, activeVersion, clock });
  const privateMetrics = epsilonPerDay === null ? null : new PrivateMetrics({ store, epsilonPerDay, clock });
  const analytics = new AnalyticsService({
    ...{ store, metrics, registry, privacy: privateMetrics, bus, instanceId, clock, log },
  });
  const drift = new DriftService({ store, registry, alerts, trainer, instanceId, clock, log });
  const retrain = createRetraining({
    ...{ store, models, registry, profiles, reassignment, drift, alerts, trainer },
    ...{ clock, seed, guardTolerance, keepVersions, exclude },
  });
  const training = new TrainingService({
    ...{ store, retrain, alerts, bus, instanceId, createId, clock, log, isGone },
  });
  const users = new UserService({ store, profiles, personas });
  const userData = new UserDataService({
    ...{ store, registry, profiles, personas, recommender, shown, bus, createId, clock, log },
    oplogKeptMs,
  });
  const instances = new Instances({
    ...{ store, registry, catalogue, profiles, personas, bus, instanceId, clock, log },
  });
  const reconnection = new Reconnection({ store, profiles, personas, log });
  const succession = new Succession({ store, profiles, instanceId, clock, log });
  const corrections = new CorrectionService({ demo, profiles, personas, recommender, bus, clock });
  const rebuilder = new Rebuilder({ store, profiles, personas, catalogue, metrics, clock });
  const imports = new ImportService({ store, profiles, catalogue, demo, metrics, pseudonymize, clock });
  const synthesis = new SynthesisService({ store, profiles, catalogue, demo, pseudonymize, clock });
  const evaluation = new EvaluationService({ store, registry, clock, seed, exclude });

  return {
    bus,
    clock,
    instanceId,
    isGone,
    reassignment,
    services: {
      catalogue,
      users,
      demo,
      tokens,
      userData,
      personas,
      corrections,
      recommendations: recommender,
      feedback,
      events,
      training,
      models,
      alerts,
      drift,
      analytics,
      privacy,
    },
    recommender,
    imports,
    synthesis,
    rebuilder,
    training,
    models,
    drift,
    evaluation,
    /** Subscribes to changes by other programs: activated versions, alerts, training runs. */
    follow(): void {
      models.follow();
      instances.follow();
      succession.follow();
      alerts.follow();
      analytics.follow();
      training.follow();
      demo.follow();
      tokens.follow();
    },
    /** Loads caches, and rebuilds stale profiles from recorded events; call once after the database is open. */
    async start(): Promise<void> {
      userData.follow();
      await demo.refresh();
      await tokens.refresh();
      reconnection.follow();
      await catalogue.refresh();
      await models.loadActive();
      const rebuilt = await profiles.recover();
      if (rebuilt > 0) log.info({ users: rebuilt }, 'profiles rebuilt from the record after an unclean stop');
    },
    /** Completes interrupted training runs and re-assignments, in the background. */
    resume(): void {
      void training.recover();
      const model = registry.find();
      if (model?.meta.status === 'active' && model.meta.reassignedAt === null) reassignment.start(model);
    },
    /** Stops background work and flushes pending writes; the store stays open. */
    async stop(): Promise<void> {
      models.close();
      demo.stop();
      tokens.stop();
      instances.close();
      await reconnection.close();
      await succession.close();
      userData.close();
      alerts.close();
      analytics.close();
      await training.close();
      await reassignment.close();
      await profiles.drain();
      await personas.drain();
      await metrics.drain();
      await shown.drain();
    },
  };
}
