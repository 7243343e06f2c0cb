/**
 * Stages 3 to 7 for all users: loads the profiles, trains off the event loop, publishes a version by flipping the
 * active pointer, swaps it in, re-assigns the users. Runs under a lease (see training.service.ts). Until the flip
 * nothing that is served changes, and a run that ends before it leaves nothing behind.
 */

import type {
  AlertThresholds,
  Exclusion,
  ModelVersion,
  TrainingPrivacy,
  TrainingStage,
} from '../../domain/index.js';
import { LeaseLostError } from '../../domain/index.js';
import type { Dataset, ItemContent } from '../../features/index.js';
import { FEATURE_NAMES } from '../../features/index.js';
import type { PersonaModel } from '../../learning/index.js';
import {
  completeHyperParameters,
  packPersonas,
  packRecommender,
  privateNoiseLength,
} from '../../learning/index.js';
import { gaussianDeviation, gaussianNumbers } from '../../privacy/index.js';
import type { ModelPart, Store } from '../../store/index.js';
import type { ActiveVersion, TrainingNoise, TrainingResult } from '../../training/index.js';
import type { Trainer } from '../../workers/index.js';
import { refusalOf } from '../../training/index.js';

import type { AlertService, ModelRegistry, ServingModel } from '../models/index.js';
import { MAP_USERS, packVersion, withoutErased } from '../models/index.js';
import type { DriftService } from './drift.service.js';
import { loadDataset, loadPrefixes, refuseIfCancelled } from './load-dataset.js';
import { activated, type ModelService } from './model.service.js';
import type { LiveUsers } from '../users/index.js';
import { nextTurn } from '../users/index.js';
import type { Reassignment } from './reassignment.js';
import type { RetrainContext } from './training.service.js';

/** Persona histories are kept much longer than versions: they are small, and long timelines are useful. */
const HISTORY_VERSIONS = 104;
/** How many older version numbers to try: cancelled runs leave gaps. */
const HISTORY_SPAN = 20;

interface RetrainingOptions {
  readonly store: Store;
  readonly models: ModelService;
  readonly registry: ModelRegistry;
  readonly users: Pick<LiveUsers, 'drain'>;
  readonly reassignment: Reassignment;
  readonly drift: DriftService;
  readonly alerts: AlertService;
  readonly trainer: Trainer;
  readonly clock: () => number;
  /** The same data and seed give the same model bytes. */
  readonly seed: number;
  /** Their `guardTolerance` is the accepted relative loss of quality; a negative value requires a gain. */
  readonly thresholds: () => Promise<AlertThresholds>;
  /** Default reasons for which an item is not listed again. */
  readonly exclude: readonly Exclusion[];
  /** Versions kept for a roll-back, besides the active version and its parent. */
  readonly keepVersions: number;
  /** Trains the recommender under differential privacy; null: without noise. */
  readonly trainingPrivacy: TrainingPrivacy | null;
}

/** The retrain use case. Throws InsufficientDataError, CancelledError, LeaseLostError, and the errors of `learning`. */
export function createRetraining(
  options: RetrainingOptions,
): (context: RetrainContext) => Promise<ModelVersion> {
  return async (given) => {
    const { store, clock, users, trainer, registry, drift, seed } = options;
    const stopwatch = new Stopwatch(clock);
    const context = { ...given, report: stopwatch.around(given.report) };
    await cleanUp(options);
    await users.drain();
    const trainedAt = clock();
    const loaded = await loadDataset({ store, clock, ...context });
    const { dataset, content } = loaded;
    const prefixes = await loadPrefixes({ store, signal: context.signal }, loaded, 'fit');
    const serving = registry.find();
    const { nUsers, nItems, interactions, features, signals, nSignals } = dataset;
    const { guardTolerance } = await options.thresholds();
    const active = serving === null ? null : activeVersion(serving, dataset, guardTolerance);
    const result = await trainer.train(
      {
        dataset: { nUsers, nItems, interactions, features, signals, nSignals },
        ...{
          content,
          featureNames: FEATURE_NAMES,
          prefixes,
          active,
          seed,
          exclude: new Set(options.exclude),
          privacy: await noiseFor(options.trainingPrivacy, nItems),
        },
      },
      { signal: context.signal, onProgress: context.report, ids: dataset },
    );
    const trained = { dataset, content, result, trainedAt, serving };
    const published = await publish(options, context, trained);
    if (result.drift !== null && serving !== null)
      await drift.record(serving, { ...result.drift, nUsers, isActive: !published.isActive });
    if (published.isActive) await reassign(options, context, { dataset, result, version: published.version });
    await store.models.update(published.version, { timingsMs: stopwatch.timings() });
    await prune(options);
    return (await store.models.find(published.version))!;
  };
}

async function noiseFor(privacy: TrainingPrivacy | null, nItems: number): Promise<TrainingNoise | undefined> {
  if (privacy === null) return undefined;
  const deviation = gaussianDeviation(privacy.epsilon, privacy.delta);
  return { deviation, normals: await gaussianNumbers(privateNoiseLength(nItems)) };
}

/** Deletes the versions that dead runs left: incomplete, or complete and never activated. */
async function cleanUp({ store }: RetrainingOptions): Promise<void> {
  const left = (await store.models.list(100)).filter(
    ({ status, activatedAt }) => status === 'building' || (status === 'ready' && activatedAt === null),
  );
  if (left.length > 0) await store.models.prune(left.map(({ version }) => version));
}

function activeVersion(
  { version, meta, personas, recommender, itemIndex }: ServingModel,
  { itemIds }: Dataset,
  tolerance: number,
): ActiveVersion {
  const isSearched = meta.trainingPrivacy === null;
  return {
    version,
    trainedAt: meta.trainedAt,
    personas: packPersonas(withLabels(personas, meta.personas)),
    recommender: packRecommender(recommender),
    // A search does not start from the fixed hyper-parameters of a private version.
    hyperParameters: isSearched ? recommender.hyperParameters : completeHyperParameters(),
    nSearched: isSearched ? meta.dataset.nInteractions : 0,
    itemIndex: Int32Array.from(itemIds, (itemId) => itemIndex.get(itemId) ?? -1),
    tolerance,
  };
}

/** Labels given by an admin; learning keeps them with their clusters. */
function withLabels(model: PersonaModel, named: ModelVersion['personas']): PersonaModel {
  const labels = new Map(named.map(({ personaId, label }) => [personaId, label]));
  const personas = model.personas.map((persona) => ({
    ...persona,
    label: labels.get(persona.personaId) ?? persona.label,
  }));
  return { ...model, personas };
}

interface Trained {
  readonly dataset: Dataset;
  readonly content: ItemContent;
  readonly result: TrainingResult;
  readonly trainedAt: number;
  /** The version it was compared with. */
  readonly serving: ServingModel | null;
}

/** Removes users erased during the run from the stored map. Later erasures find the map themselves. */
async function forgetErased(
  { models, users }: Store,
  version: number,
  parts: readonly ModelPart[],
): Promise<void> {
  const named = parts.find(({ name }) => name === MAP_USERS);
  const bytes = named === undefined ? null : await withoutErased({ users }, named.bytes);
  if (bytes !== null) await models.replacePart(version, { name: MAP_USERS, bytes });
}

/** Stores the version and activates it if it passes the gate. */
async function publish(
  options: RetrainingOptions,
  { report, signal, fence, published }: RetrainContext,
  trained: Trained,
): Promise<{ version: number; isActive: boolean }> {
  const { store, models, alerts, clock } = options;
  report('publish', 0);
  refuseIfCancelled(signal);
  const parentVersion = await store.models.findActiveVersion();
  const reason = reasonAgainst(trained);
  const version = await store.models.create(describe(options, trained, { parentVersion, reason }));
  try {
    const parts = packVersion(trained.result, trained);
    for (const part of parts) {
      refuseIfCancelled(signal);
      await store.models.putParts(version, [part]);
      await nextTurn();
    }
    await forgetErased(store, version, parts);
    report('publish', 0.5);
    await store.models.seal(version, reason === null ? 'ready' : 'candidate');
    if (reason !== null) {
      await alerts.raise({
        ...{ alertId: `candidate-held-${version}`, kind: 'candidate-held', severity: 'warning' },
        message: `Version ${version} is held back: ${reason} An admin can activate it anyway.`,
        modelVersion: version,
        values: guardValues(trained.result),
      });
      published(version);
      report('publish', 1);
      return { version, isActive: false };
    }
    // Read back before the flip, so that the pointer never names an unreadable version.
    const model = await models.read(version);
    refuseIfCancelled(signal);
    const activatedAt = clock();
    const activation = await store.models.activate(version, parentVersion, activatedAt, fence);
    if (activation === null) throw new LeaseLostError(fence.job);
    published(version);
    await models.serve(activated(model, { activatedAt, activation }));
  } catch (error) {
    await store.models.prune([version]).catch(() => undefined);
    throw error;
  }
  report('publish', 1);
  return { version, isActive: true };
}

function describe(
  { registry, clock, trainingPrivacy }: RetrainingOptions,
  { dataset, result, trainedAt }: Trained,
  { parentVersion, reason }: Pick<ModelVersion, 'parentVersion' | 'reason'>,
): Parameters<Store['models']['create']>[0] {
  const { k, evidence, metrics, judgedBy, hyperParameters, comparison, comparisonBasis } = result;
  const { nUsers, nItems, nEvents, interactions } = dataset;
  return {
    ...{ createdAt: clock(), trainedAt, parentVersion, k, evidence, metrics, judgedBy, hyperParameters },
    trainingPrivacy,
    personas: keepLabels(result.personas, registry),
    dataset: { nUsers, nItems, nInteractions: interactions.indices.length, nEvents },
    timingsMs: {},
    ...{ comparison, comparisonBasis, reason },
  };
}

/** The reason that forbids automatic activation; null if there is none. */
function reasonAgainst({ result, serving }: Trained): string | null {
  const refusal = refusalOf(result);
  if (serving === null || refusal === undefined) return null;
  const { name, value, activeValue, difference } = refusal;
  const figures = [value, activeValue, difference.low, difference.high].map((figure) => figure.toFixed(4));
  return (
    `its ${name} on held-out likes is ${figures[0]} where version ${serving.version} has ${figures[1]} ` +
    `(difference ${figures[2]} to ${figures[3]}; compared with: ${result.comparisonBasis}).`
  );
}

function guardValues({ comparison }: TrainingResult): Record<string, number> {
  return Object.fromEntries(
    comparison.flatMap(({ name, value, activeValue }) => [
      [name, value],
      [`${name} of the active version`, activeValue],
    ]),
  );
}

/** Keeps labels that an admin gave during the run. */
function keepLabels(personas: ModelVersion['personas'], registry: ModelRegistry): ModelVersion['personas'] {
  const named = new Map(registry.find()?.meta.personas.map(({ personaId, label }) => [personaId, label]));
  return personas.map((persona) => ({ ...persona, label: named.get(persona.personaId) ?? persona.label }));
}

async function reassign(
  { store, reassignment }: RetrainingOptions,
  { report, signal }: RetrainContext,
  { dataset, result, version }: { dataset: Dataset; result: TrainingResult; version: number },
): Promise<void> {
  report('reassign', 0);
  const { activatedAt } = (await store.models.find(version))!;
  const { userIds, eventCounts } = dataset;
  const { labels, confidence } = result;
  const personaIds = result.personas.map((persona) => persona.personaId);
  await reassignment.write(
    { version, at: activatedAt! },
    { userIds, personaIds, labels, confidence, eventCounts },
    { signal, report: (fraction) => report('reassign', fraction) },
  );
}

/** Deletes the oldest versions beyond `keepVersions`. */
async function prune({ store, keepVersions }: RetrainingOptions): Promise<void> {
  const versions = await store.models.list(1_000);
  const active = versions.find(({ status }) => status === 'active');
  const isNeeded = (version: number) => version === active?.version || version === active?.parentVersion;
  const gone = versions.slice(keepVersions).filter(({ version }) => !isNeeded(version));
  if (gone.length > 0) await store.models.prune(gone.map(({ version }) => version));
  const newest = versions.at(0)?.version ?? 0;
  await store.personaHistory.deleteByVersions(
    Array.from({ length: HISTORY_SPAN }, (_, step) => newest - HISTORY_VERSIONS - step),
  );
}

/** Measures the duration of each stage from its progress reports. */
class Stopwatch {
  private readonly startedAt = new Map<TrainingStage, number>();

  constructor(private readonly clock: () => number) {}

  around(report: RetrainContext['report']): RetrainContext['report'] {
    return (stage, fraction) => {
      if (!this.startedAt.has(stage)) this.startedAt.set(stage, this.clock());
      report(stage, fraction);
    };
  }

  /** Milliseconds by stage; the last stage's until now. */
  timings(): Record<string, number> {
    const starts = [...this.startedAt];
    return Object.fromEntries(
      starts.map(([stage, start], index) => [stage, (starts[index + 1]?.[1] ?? this.clock()) - start]),
    );
  }
}
