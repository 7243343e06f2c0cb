/**
 * The promotion gate: decides whether a new version is worth activating, by comparing it with the active version on
 * held-out likes.
 *
 * The active version may have been trained on the held-out likes, and would score well on them from memory. So if
 * enough users have likes newer than its training, the active version itself is evaluated on those likes (the usual
 * case of the weekly run). Otherwise its configuration is fitted to the same training rows and evaluated on the same
 * likes; if the hyper-parameters are the same too, the fit would be the same, and its figures are copied.
 */

import type { MetricComparison } from '../domain/index.js';
import { PERSONA_SIGNALS } from '../domain/index.js';
import type {
  Evaluation,
  EvaluationInput,
  FoldedUsers,
  HeldOut,
  HyperParameters,
  KernelThreads,
  PackedPersonas,
  PackedRecommender,
  PersonaModel,
  RecommenderModel,
  UserCluster,
} from '../learning/index.js';
import {
  METRIC_NAMES,
  compareRecommenders,
  fitRecommender,
  isWorse,
  judgedAtMost,
  heldOutAfter,
  nearestCentroids,
  componentCount,
  transform,
  unpackPersonas,
  unpackRecommender,
} from '../learning/index.js';

/** With fewer users with newer likes, the comparison is too noisy. */
const MIN_USERS = 200;
/** Maximum number of users in the comparison. */
const MAX_USERS = 1_500;

/** The metric that decides whether a version is worse. */
const GUARD_METRIC = 'ndcg@10';

type RecommenderInput = Parameters<typeof fitRecommender>[0];

/**
 * The active version: its persona ids are kept, the search starts from its hyper-parameters, and a new version must
 * match its quality.
 */
export interface ActiveVersion {
  readonly version: number;
  /** No training data is later than this, ms since the epoch. */
  readonly trainedAt: number;
  readonly personas: PackedPersonas;
  readonly recommender: PackedRecommender;
  readonly hyperParameters: HyperParameters;
  /** Number of interactions its hyper-parameters were searched on; 0 if they were fixed. */
  readonly nSearched: number;
  /** Int32Array [nItems]: the active version's index of each item, ascending, -1 for items it was not trained on. */
  readonly itemIndex: Int32Array;
  /** Accepted relative loss of quality against the active version; a negative value requires a gain. */
  readonly tolerance: number;
}

interface GuardInput {
  readonly active: ActiveVersion;
  readonly dataset: {
    readonly nUsers: number;
    readonly nItems: number;
    /** Float64Array, row-major [nUsers, featureNames.length]. */
    readonly features: Float64Array;
    /** Int32Array [nUsers]. */
    readonly nSignals: Int32Array;
  };
  readonly featureNames: readonly string[];
  /** The input that `judged` was fitted to. */
  readonly fitted: RecommenderInput;
  /** Items that are not candidates, per user; see `EvaluationInput`. */
  readonly settled: NonNullable<EvaluationInput['settled']>;
  readonly test: HeldOut;
  /** Time of the requests, see `HoldOut`. */
  readonly now?: number;
  readonly judged: RecommenderModel;
  /** Evaluation of `judged`. */
  readonly evaluation: Evaluation;
  readonly seed: number;
  readonly threads: KernelThreads | undefined;
  /** Holds the rows of `fitted`; absent: `fitted` does. */
  readonly cluster?: UserCluster;
  readonly onProgress: (fraction: number) => void;
}

export interface GuardResult {
  readonly comparison: readonly MetricComparison[];
  /** Describes the comparison in words. */
  readonly basis: string;
}

export function compareWithActive(input: GuardInput): GuardResult {
  const { active, fitted, settled, test, now, judged, seed, onProgress } = input;
  const newer = heldOutAfter(test, active.trainedAt);
  const isActual = newer.nUsers >= MIN_USERS;
  if (input.evaluation.nUsers === 0) {
    return {
      comparison: [],
      basis: 'Nothing: no user has given a signal on two items, so none can be held out',
    };
  }
  if (!isActual && isSameConfiguration(judged.hyperParameters, active.hyperParameters)) {
    return {
      comparison: sameFit(input),
      basis: `The configuration of version ${active.version}, which is unchanged`,
    };
  }
  const personas = unpackPersonas(active.personas);
  const labels = labelsOf(personas, input);
  const train = fitted.interactions;
  const rows = compareRecommenders(
    {
      scoresOf: { model: judged, train, personas: fitted.userPersona, now },
      otherScoresOf: isActual
        ? {
            ...{ model: unpackRecommender(active.recommender), itemIndex: active.itemIndex },
            ...{ train, personas: labels, now },
          }
        : refitted(input, personas, labels),
      nItems: input.dataset.nItems,
      seen: train,
      settled,
      test: isActual ? newer : test,
    },
    {
      seed,
      tolerance: active.tolerance,
      maxUsers: judgedAtMost(input.dataset.nItems, MAX_USERS),
      threads: input.threads,
      onProgress,
    },
  );
  return {
    comparison: rows.map(({ otherValue, ...row }) => ({ ...row, activeValue: otherValue })),
    basis: isActual
      ? `Version ${active.version} itself, on likes newer than its training`
      : `The configuration of version ${active.version}, fitted to the same data`,
  };
}

/** The figures that forbid automatic activation of the new version; undefined if there are none. */
export function refusalOf({ comparison }: Pick<GuardResult, 'comparison'>): MetricComparison | undefined {
  return comparison.find(({ name, isWorse }) => name === GUARD_METRIC && isWorse);
}

function sameFit({ evaluation, active }: GuardInput): MetricComparison[] {
  const difference = { value: 0, low: 0, high: 0 };
  return METRIC_NAMES.map((name) => {
    const { value } = evaluation.overall[name];
    return {
      name,
      value,
      activeValue: value,
      difference,
      isWorse: isWorse(difference, active.tolerance * value),
    };
  });
}

function refitted(
  { active, fitted, now, seed, threads, cluster }: GuardInput,
  personas: PersonaModel,
  labels: Int32Array,
): FoldedUsers {
  const model = fitRecommender(
    { ...fitted, userPersona: labels, nPersonas: personas.personas.length },
    { seed, hyperParameters: active.hyperParameters, threads, cluster },
  );
  return { model, train: fitted.interactions, personas: labels, now };
}

/**
 * Int32Array [nUsers]: each user's persona under the active version; -1 for users without a persona, and for all users
 * if the version has other features.
 */
function labelsOf(model: PersonaModel, { dataset, featureNames }: GuardInput): Int32Array {
  const { names } = model.preprocessing;
  const nComponents = componentCount(model.preprocessing);
  if (names.join('\n') !== featureNames.join('\n')) return new Int32Array(dataset.nUsers).fill(-1);
  const labels =
    nComponents === 0
      ? new Int32Array(dataset.nUsers)
      : nearestCentroids(transform(model.preprocessing, dataset.features), nComponents, model.centroids);
  return labels.map((label, user) => (dataset.nSignals[user] < PERSONA_SIGNALS ? -1 : label));
}

export function isSameConfiguration(left: HyperParameters, right: HyperParameters): boolean {
  return (Object.keys(left) as (keyof HyperParameters)[]).every((name) => left[name] === right[name]);
}
