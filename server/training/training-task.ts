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
  PackedPersonas,
  PackedRecommender,
  ClusterEvidence,
  PersonaFit,
  PersonaModel,
  RecommenderModel,
  SearchBudget,
  SettlingRule,
  Signal,
} from '../learning/index.js';
import {
  calibratePersonas,
  confidenceOfNearest,
  evaluate,
  fitPersonas,
  fitRecommender,
  foldedScores,
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

/** Maximum number of fits in the hyper-parameter search. */
const SEARCH_FITS = 8;

export function runTrainingTask(input: TrainingInput, onProgress: TrainingProgress): TrainingResult {
  const active = input.active === null ? null : unpackPersonas(input.active.personas);
  const fitted = fitUserPersonas(input, active, onProgress);
  const { model, evaluation, guard, judgedBy } = fitAndJudge(input, fitted, onProgress);
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
  onProgress: TrainingProgress,
): UserPersonas {
  const { rows, features } = personaRows(dataset);
  const fit = fitPersonas(features, {
    ...{ names: featureNames, nominal: NOMINAL_FEATURES, seed, previous: active ?? undefined },
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
function fitAndJudge(input: TrainingInput, users: UserPersonas, onProgress: TrainingProgress): Judged {
  const { active } = input;
  const found = fitOnce(input, users, { search: { maxFits: SEARCH_FITS }, onProgress });
  if (active === null || !isRefused(found)) return found;
  if (isSameConfiguration(found.model.hyperParameters, active.hyperParameters)) return found;
  const kept = fitOnce(input, users, { onProgress: () => onProgress('evaluate', 0.95) });
  return isRefused(kept) ? found : kept;
}

function isRefused({ guard }: Judged): boolean {
  return guard !== null && refusalOf(guard) !== undefined;
}

function fitOnce(
  input: TrainingInput,
  users: UserPersonas,
  { search, onProgress }: { search?: SearchBudget; onProgress: TrainingProgress },
): Judged {
  const { interactions, nItems } = input.dataset;
  const shared = {
    nItems,
    itemFeatures: itemFeaturesOf(input.content),
    userPersona: users.labels,
    nPersonas: users.personas.personas.length,
  };
  const { train, test, signal } = holdOut(interactions, {
    seed: input.seed,
    occurring: input.dataset.signals,
  });
  const fitted = { ...shared, interactions: train };
  const judged = fitRecommender(fitted, {
    seed: input.seed,
    hyperParameters: input.active?.hyperParameters,
    search,
    onProgress: (fraction) => onProgress('fit', fraction * 0.7),
  });
  const model = fitRecommender(
    { ...shared, interactions },
    {
      seed: input.seed,
      hyperParameters: judged.hyperParameters,
      start: judged,
      onProgress: (fraction) => onProgress('fit', 0.7 + fraction * 0.3),
    },
  );
  const settled = settledRows(train, input.exclude);
  const evaluation = evaluate(
    {
      scoresOf: foldedScores(judged, train, (user) => users.labels[user]),
      nItems,
      seen: train,
      settled,
      test,
      group: users.labels,
    },
    {
      ...{ seed: input.seed, maxUsers: judgedAtMost(nItems) },
      onProgress: (fraction) => onProgress('evaluate', fraction * 0.6),
    },
  );
  const { active, dataset, featureNames, seed } = input;
  const guard =
    active === null
      ? null
      : compareWithActive({
          ...{ active, dataset, featureNames, seed, fitted, settled, test, judged, evaluation },
          onProgress: (fraction) => onProgress('evaluate', 0.6 + fraction * 0.4),
        });
  onProgress('evaluate', 1);
  return { model, evaluation, guard, judgedBy: evaluation.nUsers === 0 ? null : signal };
}

/** Null also if the active version has other features. */
function driftOf(active: PersonaModel | null, { dataset, featureNames }: TrainingInput): Drift | null {
  if (active === null || active.preprocessing.names.join('\n') !== featureNames.join('\n')) return null;
  return measureDrift(active, personaRows(dataset).features);
}

/** Without evaluated users, the silhouette is the only metric. */
function metricsOf(
  { nUsers, overall, coverage, novelty, byGroup }: Evaluation,
  { model, silhouette }: PersonaFit,
) {
  if (nUsers === 0) return { silhouette: exactly(silhouette) };
  const metrics: Record<string, MetricValue> = { ...overall };
  metrics['coverage@10'] = exactly(coverage);
  metrics['novelty@10'] = exactly(novelty);
  metrics['silhouette'] = exactly(silhouette);
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
