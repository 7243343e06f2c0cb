/** The composition root: constructs every service with its dependencies. */

import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Exclusion, Logger, ThresholdChange, Tracer, TrainingPrivacy } from '../domain/index.js';
import { DEFAULT_EXCLUSIONS, NO_TRACER } from '../domain/index.js';
import type { Fraction, Passwords } from '../privacy/index.js';
import { createPasswords } from '../privacy/index.js';
import { createPost, urlProblem } from '../egress/index.js';
import { createEventBus } from '../events/index.js';
import { AccountService, AuditService, PublishableKeyService } from '../services/access/index.js';
import { AlertService, ModelRegistry, ThresholdService } from '../services/models/index.js';
import {
  AnalyticsService,
  MetricRecorder,
  PrivacyService,
  PrivateMetrics,
} from '../services/analytics/index.js';
import {
  CatalogueService,
  DemoService,
  LiveUsers,
  PersonaService,
  Reconnection,
  Succession,
  UserService,
  createAnnounce,
} from '../services/users/index.js';
import {
  DRIFT_THRESHOLDS,
  DriftService,
  EvaluationService,
  HIT_RATE_LOSS,
  ModelService,
  Reassignment,
  TrainingService,
  createRetraining,
} from '../services/training/index.js';
import {
  EventService,
  FeedbackService,
  Instances,
  ItemSideService,
  CorrectionService,
  RecommendationService,
  ShownLists,
  TokenService,
  UserDataService,
} from '../services/serving/index.js';
import { ImportService, Rebuilder, SetupService, SynthesisService } from '../services/data/index.js';
import { WebhookService } from '../services/webhooks/index.js';
import type { Schedule } from '../services/index.js';
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
  /** Trains recommenders under differential privacy; null or omitted: without noise. */
  readonly trainingPrivacy?: TrainingPrivacy | null;
  /** Publishes the item side of the model, for ranking on the user's device. Default true. */
  readonly hasPrivateMode?: boolean;
  /** Allows demo sign-in as a synthetic user while all data are synthetic. Default true. */
  readonly isDemoAllowed?: boolean;
  /** Hashes the passwords of accounts; default the cost of `createPasswords`. */
  readonly passwords?: Passwords;
  /** Maximum lifetime of a token, in days. Default 365. */
  readonly tokenMaxDays?: number;
  /** Maximum age of entries of the database's oplog; null or omitted if unknown. */
  readonly oplogKeptMs?: number | null;
  /** Secret of the installation, from which secrets of webhooks are derived; default a new one. */
  readonly secret?: Uint8Array;
  /** Allows webhooks to private addresses and over plain HTTP. Default false. */
  readonly allowsPrivateWebhooks?: boolean;
  /** Id of this instance, stored with its writes; default a new id. */
  readonly instanceId?: string;
  /** Default: records nothing. */
  readonly tracer?: Tracer;
  /** True if an instance is known to have ended; default: unknown. */
  readonly isGone?: (instanceId: string) => boolean;
  /** When the schedule starts the next training run; default: there is no schedule. */
  readonly nextRunAt?: () => number | null;
  /** The schedules of all jobs; default none. */
  readonly schedules?: () => Schedule[];
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
  trainingPrivacy = null,
  keepVersions = 8,
  exclude = DEFAULT_EXCLUSIONS,
  epsilonPerDay = null,
  hasPrivateMode = true,
  isDemoAllowed = true,
  passwords = createPasswords(),
  tokenMaxDays = 365,
  oplogKeptMs = null,
  secret = randomBytes(32),
  allowsPrivateWebhooks = false,
  instanceId = createInstanceId(),
  tracer = NO_TRACER,
  isGone,
  nextRunAt,
  schedules = () => [],
}: ContainerOptions) {
  const createId = () => randomUUID();
  const bus = createEventBus();
  const alerts = new AlertService({ store, bus, clock, log });
  const registry = new ModelRegistry();
  const announce = createAnnounce(store, instanceId, clock);
  const demo = new DemoService({ store, isAllowed: isDemoAllowed, bus, announce, log });
  const tokens = new TokenService({ store, maxDays: tokenMaxDays, bus, announce, clock, log });
  const accounts = new AccountService({ store, passwords, bus, announce, clock, log });
  const publishableKeys = new PublishableKeyService({
    ...{ store, pseudonymize, bus, announce, createId, clock, log },
  });
  const audit = new AuditService({ store, createId, clock, log });
  const catalogue = new CatalogueService({ store, registry, demo, announce, bus });
  const users = new LiveUsers({ store, catalogue, registry, bus, clock, log, announce });
  const personas = new PersonaService({ store, registry, users, bus, clock, announce });
  const metrics = new MetricRecorder({ store, catalogue, personas: users.personas, clock, log });
  const reassignment = new Reassignment({ store, users, instanceId, clock, log });
  const models = new ModelService({ store, registry, catalogue, reassignment, alerts, bus, clock, log });
  const shown = new ShownLists({ store, metrics, clock, log });
  const recommender = new RecommendationService({
    ...{ registry, catalogue, users, shown, createId, exclude },
    readVersion: (version) => models.read(version),
  });
  const itemSide = new ItemSideService({
    ...{ registry, catalogue, exclude, clock },
    pack: (side) => trainer.packItemSide(side),
  });
  const feedback = new FeedbackService({
    store,
    catalogue,
    users,
    metrics,
    demo,
    recommendations: recommender,
    shown,
    activeVersion: () => registry.find()?.version ?? null,
    bus,
    instanceId,
    tracer,
    clock,
  });
  const events = new EventService({
    store,
    catalogue,
    users,
    demo,
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
  const thresholds = new ThresholdService({
    store,
    defaults: { ...DRIFT_THRESHOLDS, guardTolerance, hitRateLoss: HIT_RATE_LOSS },
  });
  const inForce = () => thresholds.inForce();
  const drift = new DriftService({
    ...{ store, registry, alerts, trainer, instanceId, clock, log },
    thresholds: inForce,
  });
  const retrain = createRetraining({
    ...{ store, models, registry, users, reassignment, drift, alerts, trainer },
    ...{ clock, seed, keepVersions, exclude, trainingPrivacy },
    thresholds: inForce,
  });
  const training = new TrainingService({
    ...{ store, retrain, alerts, bus, instanceId, createId, clock, log, isGone, nextRunAt },
  });
  const directory = new UserService({ store, live: users });
  const userData = new UserDataService({
    ...{ store, registry, users, shown, bus, createId, clock, log },
    oplogKeptMs,
  });
  const instances = new Instances({
    ...{ store, registry, catalogue, users, personas, bus, instanceId, tracer, clock, log },
  });
  const reconnection = new Reconnection({ store, sync: users.sync, log });
  const succession = new Succession({ store, sync: users.sync, instanceId, clock, log });
  const corrections = new CorrectionService({ demo, users, personas, bus, clock });
  const rebuilder = new Rebuilder({ store, users, catalogue, metrics, clock });
  const imports = new ImportService({
    ...{ store, users, catalogue, demo, metrics, pseudonymize, createId, clock },
  });
  const setup = new SetupService({ store, hasModel: () => activeVersion() !== null, catalogue, privacy });
  const synthesis = new SynthesisService({ store, users, catalogue, demo, pseudonymize, clock });
  const webhooks = new WebhookService({
    ...{ store, bus, createId, clock, log, secret },
    post: createPost(allowsPrivateWebhooks),
    urlProblem: (url) => urlProblem(url, allowsPrivateWebhooks),
  });
  const evaluation = new EvaluationService({ store, registry, clock, seed, exclude });

  return {
    bus,
    clock,
    instanceId,
    isGone,
    reassignment,
    services: {
      catalogue,
      users: directory,
      demo,
      tokens,
      publishableKeys,
      webhooks,
      accounts,
      audit,
      settings: {
        hasPrivateMode,
        schedules,
        thresholds: inForce,
        changeThresholds: (change: ThresholdChange) => thresholds.change(change),
      },
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
      imports,
      setup,
    },
    recommender,
    itemSide: hasPrivateMode ? itemSide : undefined,
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
      publishableKeys.follow();
      accounts.follow();
      webhooks.follow();
    },
    /** Loads caches, and rebuilds stale profiles from recorded events; call once after the database is open. */
    async start(): Promise<void> {
      userData.follow();
      await demo.refresh();
      await tokens.refresh();
      await publishableKeys.refresh();
      await accounts.refresh();
      reconnection.follow();
      await catalogue.refresh();
      await models.loadActive();
      bus.listen('model.activated', () => void users.personas.publish());
      const rebuilt = await users.sync.recover();
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
      // A slow receiver must not keep pending data from being written.
      const webhooksClosed = webhooks.close();
      models.close();
      demo.stop();
      tokens.stop();
      publishableKeys.stop();
      accounts.stop();
      instances.close();
      await reconnection.close();
      await succession.close();
      userData.close();
      alerts.close();
      analytics.close();
      await training.close();
      await reassignment.close();
      await users.drain();
      await metrics.drain();
      await shown.drain();
      await webhooksClosed;
    },
  };
}
