/**
 * Stages 4 and 5 for all users, as a pure task: fits personas and the recommender and evaluates both.
 *
 * The recommender is evaluated on held-out likes (the last week's where events have times, a random fifth otherwise),
 * then fitted again to all of the data with the hyper-parameters found.
 */

import type { MetricComparison, MetricValue, Persona, TrainingStage } from '../domain/index.js';
import { NOMINAL_FEATURES, PERSONA_SIGNALS } from '../domain/index.js';
import type { Interactions, ItemContent, PrefixPairs } from '../features/index.js';
import { personaRows } from '../features/index.js';
import type {
  Drift,
  Evaluation,
  HeldOut,
  PackedPersonas,
  PackedRecommender,
  ClusterEvidence,
  KernelThreads,
  PersonaFit,
  PersonaModel,
  RecommenderModel,
  SearchBudget,
  SettlingRule,
  Signal,
  UserCluster,
} from '../learning/index.js';
import {
  calibratePersonas,
  confidenceOfNearest,
  createRandom,
  evaluate,
  fitPersonas,
  fitPrivateRecommender,
  fitRecommender,
  holdOut,
  itemFeaturesOf,
  judgedAtMost,
  measureDrift,
  packPersonas,
  packRecommender,
  settledRows,
  unpackPersonas,
} from '../learning/index.js';

import type { ClusterPoints } from './cluster-points.js';
import { clusterPoints } from './cluster-points.js';
import type { ActiveVersion, GuardResult } from './promotion-gate.js';
import { compareWithActive, isSameConfiguration, refusalOf } from './promotion-gate.js';
import { searchBudget } from './search-budget.js';

export type TrainingProgress = (stage: TrainingStage, fraction: number) => void;

export interface TrainingInput {
  readonly dataset: {
    readonly nUsers: number;
    readonly nItems: number;
    readonly interactions: Interactions;
    /** Float64Array, row-major [nUsers, featureNames.length]. */
    readonly features: Float64Array;
    /** Which signals users give; default all. */
    readonly signals?: readonly Signal[];
    /** Int32Array [nUsers]: number of signals per user; users below PERSONA_SIGNALS have no persona. */
    readonly nSignals: Int32Array;
  };
  readonly content: ItemContent;
  readonly featureNames: readonly string[];
  /** Pairs for calibrating confidences; if absent, confidences stay a softmax. */
  readonly prefixes?: PrefixPairs;
  /** Null before the first training. */
  readonly active: ActiveVersion | null;
  readonly seed: number;
  /** Reasons for which an item is not listed again: the evaluated lists must follow the rule of the served lists. */
  readonly exclude: SettlingRule;
  /** Trains the recommender under differential privacy; absent: without noise. */
  readonly privacy?: TrainingNoise;
}

export interface TrainingNoise {
  /** Standard deviation of the noise for a sensitivity of 1. */
  readonly deviation: number;
  /** Float64Array [privateNoiseLength(nItems)]: unpredictable standard normal numbers. */
  readonly normals: Float64Array;
}

export interface TrainingResult {
  readonly k: number;
  readonly evidence: readonly ClusterEvidence[];
  readonly personas: readonly Persona[];
  /** Int32Array [nUsers], index into `personas`; -1 for users with too few signals. */
  readonly labels: Int32Array;
  /** Float32Array [nUsers], 0..1; 0 for users without a persona. */
  readonly confidence: Float32Array;
  readonly map: ClusterPoints;
  readonly packedPersonas: PackedPersonas;
  readonly packedRecommender: PackedRecommender;
  /** Without ranking metrics if nothing could be held out. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** The signal of the held-out entries; null if nothing could be held out. */
  readonly judgedBy: Signal | null;
  readonly hyperParameters: Readonly<Record<string, number>>;
  /** Comparison with the active version; empty if there is none. */
  readonly comparison: readonly MetricComparison[];
  readonly comparisonBasis: string | null;
  /** Drift of these users from the active version's users; null if there is none to compare with. */
  readonly drift: Drift | null;
}

/** The users' rows on a cluster, which read them from the same data. */
export interface TrainingCluster {
  readonly all: UserCluster;
  /** The rows without the held-out entries. */
  without(test: HeldOut): UserCluster;
}

interface TrainingTaskOptions {
  readonly onProgress: TrainingProgress;
  /** Threads to share the work with; the result does not depend on them. Default: none. */
  readonly threads?: KernelThreads;
  /** Factorises, except under differential privacy. Default: this process does. */
  readonly cluster?: TrainingCluster;
}

export function runTrainingTask(
  input: TrainingInput,
  { onProgress = () => undefined, threads, cluster }: Partial<TrainingTaskOptions> = {},
): TrainingResult {
  const active = input.active === null ? null : unpackPersonas(input.active.personas);
  const fitted = fitUserPersonas(input, active, { onProgress, threads });
  const { model, evaluation, guard, judgedBy } = fitAndJudge(input, fitted, {
    ...{ onProgress, threads, cluster },
  });
  return {
    k: fitted.personas.personas.length,
    evidence: fitted.fit.evidence,
    personas: fitted.personas.personas,
    labels: fitted.labels,
    confidence: fitted.confidence,
    map: clusterPoints(fitted.fit, fitted.rows),
    packedPersonas: packPersonas(fitted.personas),
    packedRecommender: packRecommender(model),
    metrics: metricsOf(evaluation, fitted.fit),
    judgedBy,
    hyperParameters: { ...model.hyperParameters },
    comparison: guard?.comparison ?? [],
    comparisonBasis: guard?.basis ?? null,
    drift: driftOf(active, input),
  };
}

interface UserPersonas {
  readonly fit: PersonaFit;
  /** Personas of the fit, calibrated. */
  readonly personas: PersonaModel;
  /** Rows of the data set that were fitted. */
  readonly rows: Int32Array;
  /** As in TrainingResult. */
  readonly labels: Int32Array;
  readonly confidence: Float32Array;
}

/** Fits personas to users with enough signals, and assigns them to these users only. */
function fitUserPersonas(
  { dataset, featureNames, prefixes, seed }: TrainingInput,
  active: PersonaModel | null,
  { onProgress, threads }: TrainingTaskOptions,
): UserPersonas {
  const { rows, features } = personaRows(dataset);
  const fit = fitPersonas(features, {
    ...{ names: featureNames, nominal: NOMINAL_FEATURES, seed, threads, previous: active ?? undefined },
    onProgress: (fraction) => onProgress('personas', fraction),
  });
  const personas = prefixes === undefined ? fit.model : calibratePersonas(fit.model, prefixes);
  const sure = confidenceOfNearest(
    personas,
    features,
    rows.map((row) => dataset.nSignals[row]),
  );
  const labels = new Int32Array(dataset.nUsers).fill(-1);
  const confidence = new Float32Array(dataset.nUsers);
  rows.forEach((row, at) => {
    if (dataset.nSignals[row] < PERSONA_SIGNALS) return;
    labels[row] = fit.labels[at];
    confidence[row] = sure[at];
  });
  return { fit, personas, rows, labels, confidence };
}

interface Judged {
  readonly model: RecommenderModel;
  readonly evaluation: Evaluation;
  readonly guard: GuardResult | null;
  readonly judgedBy: Signal | null;
}

/**
 * If a configuration found by the search is worse than the active one, refits the active configuration to the newer
 * data. A search is misled by chance now and then, and that must not stop versions from following their users.
 */
function fitAndJudge(input: TrainingInput, users: UserPersonas, options: TrainingTaskOptions): Judged {
  const { active } = input;
  const found = fitOnce(input, users, { ...options, search: searchBudget(input) });
  if (active === null || !isRefused(found)) return found;
  if (isSameConfiguration(found.model.hyperParameters, active.hyperParameters)) return found;
  const kept = fitOnce(input, users, {
    ...options,
    onProgress: () => options.onProgress('evaluate', 0.95),
  });
  return isRefused(kept) ? found : kept;
}

function isRefused({ guard }: Judged): boolean {
  return guard !== null && refusalOf(guard) !== undefined;
}

function fitOnce(
  input: TrainingInput,
  users: UserPersonas,
  { search, threads, cluster, onProgress }: TrainingTaskOptions & { search?: SearchBudget },
): Judged {
  const { interactions, nItems } = input.dataset;
  const shared = {
    nItems,
    itemFeatures: itemFeaturesOf(input.content),
    userPersona: users.labels,
    nPersonas: users.personas.personas.length,
  };
  const { train, test, signal, now } = holdOut(interactions, {
    seed: input.seed,
    occurring: input.dataset.signals,
  });
  const fitted = { ...shared, interactions: train };
  const { privacy } = input;
  if (privacy !== undefined)
    return fitPrivately(input, users, { shared, train, test, now, signal, privacy, threads, onProgress });
  const judged = fitRecommender(fitted, {
    seed: input.seed,
    hyperParameters: input.active?.hyperParameters,
    ...{ search, threads, cluster: cluster?.without(test) },
    onProgress: (fraction) => onProgress('fit', fraction * 0.7),
  });
  const model = fitRecommender(
    { ...shared, interactions },
    {
      seed: input.seed,
      hyperParameters: judged.hyperParameters,
      ...{ start: judged, threads, cluster: cluster?.all },
      onProgress: (fraction) => onProgress('fit', 0.7 + fraction * 0.3),
    },
  );
  const settled = settledRows(train, input.exclude);
  const evaluation = evaluateFit(input, users, { judged, train, test, now, threads, onProgress });
  const { active, dataset, featureNames, seed } = input;
  const guard =
    active === null
      ? null
      : compareWithActive({
          ...{ active, dataset, featureNames, seed, fitted, settled, test, now, judged, evaluation, threads },
          cluster: cluster?.without(test),
          onProgress: (fraction) => onProgress('evaluate', 0.6 + fraction * 0.4),
        });
  onProgress('evaluate', 1);
  return { model, evaluation, guard, judgedBy: evaluation.nUsers === 0 ? null : signal };
}

/**
 * The version is not compared with the active version, which may have seen more. The model that is judged is not
 * published, so its noise may be predictable.
 */
function fitPrivately(
  input: TrainingInput,
  users: UserPersonas,
  {
    shared,
    train,
    test,
    now,
    signal,
    privacy,
    threads,
    onProgress,
  }: Halves & {
    readonly shared: Omit<RecommenderRows, 'interactions'>;
    readonly signal: Signal | null;
    readonly privacy: TrainingNoise;
  },
): Judged {
  const { seed } = input;
  const noise = privacy.deviation;
  const random = createRandom(seed);
  const judged = fitPrivateRecommender(
    { ...shared, interactions: train },
    {
      ...{ noise, seed, normal: () => random.normal() },
      onProgress: (fraction) => onProgress('fit', fraction * 0.5),
    },
  );
  let nUsed = 0;
  const model = fitPrivateRecommender(
    { ...shared, interactions: input.dataset.interactions },
    {
      ...{ noise, seed, normal: () => privacy.normals[nUsed++] },
      onProgress: (fraction) => onProgress('fit', 0.5 + fraction * 0.5),
    },
  );
  const evaluation = evaluateFit(input, users, { judged, train, test, now, threads, onProgress });
  onProgress('evaluate', 1);
  return { model, evaluation, guard: null, judgedBy: evaluation.nUsers === 0 ? null : signal };
}

type RecommenderRows = Parameters<typeof fitRecommender>[0];

interface Halves {
  readonly train: RecommenderRows['interactions'];
  readonly test: HeldOut;
  /** As in HoldOut. */
  readonly now: ReturnType<typeof holdOut>['now'];
  readonly threads: KernelThreads | undefined;
  readonly onProgress: TrainingProgress;
}

function evaluateFit(
  { dataset, exclude, seed }: TrainingInput,
  users: UserPersonas,
  { judged, train, test, now, threads, onProgress }: Halves & { readonly judged: RecommenderModel },
): Evaluation {
  return evaluate(
    {
      scoresOf: { model: judged, train, personas: users.labels, now },
      nItems: dataset.nItems,
      seen: train,
      settled: settledRows(train, exclude),
      test,
      group: users.labels,
    },
    {
      ...{ seed, maxUsers: judgedAtMost(dataset.nItems), threads },
      onProgress: (fraction) => onProgress('evaluate', fraction * 0.6),
    },
  );
}

/** Null also if the active version has other features. */
function driftOf(active: PersonaModel | null, { dataset, featureNames }: TrainingInput): Drift | null {
  if (active === null || active.preprocessing.names.join('\n') !== featureNames.join('\n')) return null;
  return measureDrift(active, personaRows(dataset).features);
}

/** Without evaluated users, the silhouettes are the only metrics. */
function metricsOf(
  { nUsers, overall, coverage, novelty, byGroup }: Evaluation,
  { model, silhouette, featureSilhouette }: PersonaFit,
) {
  const silhouettes = {
    silhouette: exactly(silhouette),
    featureSilhouette: exactly(featureSilhouette),
  };
  if (nUsers === 0) return silhouettes;
  const metrics: Record<string, MetricValue> = { ...overall };
  metrics['coverage@10'] = exactly(coverage);
  metrics['novelty@10'] = exactly(novelty);
  Object.assign(metrics, silhouettes);
  for (const [group, values] of byGroup) {
    const { personaId } = model.personas[group];
    metrics[`precision@5/${personaId}`] = values['precision@5'];
    metrics[`recall@10/${personaId}`] = values['recall@10'];
  }
  return metrics;
}

/** A metric of the whole model, without sampling error over users. */
function exactly(value: number): MetricValue {
  return { value, low: value, high: value };
}

/** Buffers that may be transferred between threads instead of copied. */
export function transferablesOf(result: TrainingResult): ArrayBuffer[] {
  const arrays = [
    result.labels,
    result.confidence,
    ...Object.values(result.map as unknown as Record<string, Int32Array>),
    ...Object.values(result.packedPersonas.arrays),
    ...Object.values(result.packedRecommender.arrays),
  ];
  const buffers = new Set(arrays.map((array) => array.buffer));
  return [...buffers].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}
