/**
 * The walk through stages 3 to 7 for everyone: load the profiles, learn off the event loop, publish a version with one
 * pointer flip, swap, re-assign the users. It runs under a lease (see training.service.ts); until the flip nothing that
 * serves has changed, and a run that lost its lease cannot flip.
 */

import type { Item, ModelVersion, TrainingStage } from '../domain/index.js';
import { CancelledError, InsufficientDataError, LeaseLostError } from '../domain/index.js';
import type { Dataset } from '../features/index.js';
import { DatasetBuilder, FEATURE_NAMES, encodeItems } from '../features/index.js';
import { packPersonas } from '../learning/index.js';
import type { Store } from '../store/index.js';
import type { Trainer, TrainingInput, TrainingResult } from '../workers/index.js';

import { packVersion } from './model-parts.js';
import type { ModelRegistry } from './model-registry.js';
import type { ModelActivator } from './model.service.js';
import type { PersonaAssigner } from './persona.service.js';
import type { ProfileService } from './profile.service.js';
import type { RetrainContext } from './training.service.js';

const ASSIGN_CHUNK = 1_000;

export interface RetrainingOptions {
  readonly store: Store;
  readonly models: ModelActivator;
  readonly registry: ModelRegistry;
  readonly profiles: ProfileService;
  readonly personas: PersonaAssigner;
  readonly trainer: Trainer;
  readonly clock: () => number;
  /** The same data and seed give the same model bytes. */
  readonly seed: number;
}

/** The retrain use case. Throws InsufficientDataError, CancelledError, LeaseLostError, and what learning throws. */
export function createRetraining(
  options: RetrainingOptions,
): (context: RetrainContext) => Promise<ModelVersion> {
  return async (given) => {
    const stopwatch = new Stopwatch(options.clock);
    const context = { ...given, report: stopwatch.around(given.report) };
    const { dataset, content } = await load(options, context);
    const result = await options.trainer.train(toInput(options, dataset, content), {
      signal: context.signal,
      onProgress: context.report,
    });
    const version = await publish(options, context, {
      dataset,
      result,
      timingsMs: () => stopwatch.timings(),
    });
    await reassign(options, context, { dataset, result, version });
    return (await options.store.models.find(version))!;
  };
}

function toInput(
  { registry, seed }: RetrainingOptions,
  dataset: Dataset,
  content: TrainingInput['content'],
): TrainingInput {
  const serving = registry.find();
  const { nUsers, nItems, interactions, features } = dataset;
  return {
    dataset: { nUsers, nItems, interactions, features },
    content,
    featureNames: FEATURE_NAMES,
    previous:
      serving === null
        ? null
        : { personas: packPersonas(serving.personas), hyperParameters: serving.recommender.hyperParameters },
    seed,
  };
}

async function load({ store, profiles, clock }: RetrainingOptions, { report, signal }: RetrainContext) {
  report('load', 0);
  await profiles.drain();
  const items: Item[] = [];
  for await (const batch of store.items.streamAll()) items.push(...batch);
  const builder = new DatasetBuilder(
    items.map((item) => item.itemId),
    { now: clock() },
  );
  const total = Math.max(1, await store.profiles.count());
  let loaded = 0;
  for await (const batch of store.profiles.streamAll()) {
    refuseIfCancelled(signal);
    for (const profile of batch) builder.add(profile);
    loaded += batch.length;
    report('load', Math.min(1, loaded / total));
  }
  if (loaded === 0)
    throw new InsufficientDataError('There are no users to learn from. Import events or ratings first.');
  report('features', 0);
  const dataset = builder.build();
  const content = encodeItems(items);
  report('features', 1);
  return { dataset, content };
}

async function publish(
  { store, models, registry, clock }: RetrainingOptions,
  { report, signal, fence }: RetrainContext,
  {
    dataset,
    result,
    timingsMs,
  }: { dataset: Dataset; result: TrainingResult; timingsMs: () => Record<string, number> },
): Promise<number> {
  report('publish', 0);
  refuseIfCancelled(signal);
  const parentVersion = await store.models.findActiveVersion();
  const version = await store.models.create({
    createdAt: clock(),
    parentVersion,
    k: result.k,
    evidence: result.evidence,
    personas: keepLabels(result.personas, registry),
    metrics: result.metrics,
    hyperParameters: result.hyperParameters,
    dataset: {
      nUsers: dataset.nUsers,
      nItems: dataset.nItems,
      nInteractions: dataset.interactions.indices.length,
      nEvents: dataset.nEvents,
    },
    timingsMs: timingsMs(),
    comparison: [],
    reason: null,
  });
  await store.models.putParts(version, packVersion(result, dataset));
  report('publish', 0.6);
  refuseIfCancelled(signal);
  await store.models.seal(version, 'ready');
  if (!(await store.models.activate(version, parentVersion, clock(), fence)))
    throw new LeaseLostError(fence.job);
  await models.serve(version);
  report('publish', 1);
  return version;
}

/** A name an admin gave stays with its persona. */
function keepLabels(personas: ModelVersion['personas'], registry: ModelRegistry): ModelVersion['personas'] {
  const named = new Map(registry.find()?.meta.personas.map(({ personaId, label }) => [personaId, label]));
  return personas.map((persona) => ({ ...persona, label: named.get(persona.personaId) ?? persona.label }));
}

/** Everybody's persona under the new version, and a line in everybody's history. */
async function reassign(
  { store, personas, clock }: RetrainingOptions,
  { report }: RetrainContext,
  { dataset, result, version }: { dataset: Dataset; result: TrainingResult; version: number },
): Promise<void> {
  const at = clock();
  const personaIds = result.personas.map((persona) => persona.personaId);
  const assigned = (user: number) => ({
    personaId: personaIds[result.labels[user]],
    confidence: result.confidence[user],
  });
  for (let start = 0; start < dataset.nUsers; start += ASSIGN_CHUNK) {
    const userIds = dataset.userIds.slice(start, start + ASSIGN_CHUNK);
    const before = new Map((await store.users.findMany(userIds)).map((user) => [user.userId, user]));
    await store.users.assignPersonas(
      userIds.map((userId, offset) => {
        const { personaId, confidence } = assigned(start + offset);
        const held = before.get(userId)?.persona ?? null;
        const since = held?.personaId === personaId ? held.since : at;
        const persona = { personaId, confidence, since, pending: null, modelVersion: version };
        return { userId, persona, eventCount: dataset.eventCounts[start + offset] };
      }),
    );
    await store.personaHistory.appendMany(
      userIds.map((userId, offset) => ({ userId, version, at, ...assigned(start + offset) })),
    );
    report('reassign', Math.min(1, (start + ASSIGN_CHUNK) / dataset.nUsers));
  }
  personas.forgetAll();
}

/** How long each stage takes, from what is reported of it. */
class Stopwatch {
  private readonly startedAt = new Map<TrainingStage, number>();

  constructor(private readonly clock: () => number) {}

  around(report: RetrainContext['report']): RetrainContext['report'] {
    return (stage, fraction) => {
      if (!this.startedAt.has(stage)) this.startedAt.set(stage, this.clock());
      report(stage, fraction);
    };
  }

  /** Milliseconds by stage; the last one's until now. */
  timings(): Record<string, number> {
    const starts = [...this.startedAt];
    return Object.fromEntries(
      starts.map(([stage, start], index) => [stage, (starts[index + 1]?.[1] ?? this.clock()) - start]),
    );
  }
}

function refuseIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError('retrain');
}
