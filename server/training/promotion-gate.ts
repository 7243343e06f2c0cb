/**
 * Is the new version worth activating? Judged against the version that serves, on likes neither has learned from.
 *
 * The active version may have been trained on the likes held out now, and would win by memory alone. So where enough
 * users have likes newer than its training, the active version itself is judged on those (the rule for the weekly run).
 * Where not, its configuration is fitted to the same training rows and judged on the same likes; with the same
 * hyper-parameters that is the same fit, and there is nothing to compare.
 */

import type { MetricComparison } from '../domain/index.js';
import { PERSONA_SIGNALS } from '../domain/index.js';
import type {
  Evaluation,
  EvaluationInput,
  HeldOut,
  HyperParameters,
  PackedPersonas,
  PackedRecommender,
  PersonaModel,
  RecommenderModel,
} from '../learning/index.js';
import {
  METRIC_NAMES,
  compareRecommenders,
  fitRecommender,
  foldedScores,
  foldedScoresOfOther,
  isWorse,
  judgedAtMost,
  heldOutAfter,
  nearestCentroids,
  componentCount,
  transform,
  unpackPersonas,
  unpackRecommender,
} from '../learning/index.js';

/** Users with newer likes than this few say too little. */
const MIN_USERS = 200;
/** Users judged at most. */
const MAX_USERS = 1_500;

/** What decides whether a version is worse. */
const GUARD_METRIC = 'ndcg@10';

type RecommenderInput = Parameters<typeof fitRecommender>[0];

/** The version that serves: persona ids stay its own, the search starts from it, and it must be matched. */
export interface ActiveVersion {
  readonly version: number;
  /** It has learned from nothing later, ms since the epoch. */
  readonly trainedAt: number;
  readonly personas: PackedPersonas;
  readonly recommender: PackedRecommender;
  readonly hyperParameters: HyperParameters;
  /** Int32Array [nItems]: its index of each item, ascending, -1 where it does not know the item. */
  readonly itemIndex: Int32Array;
  /** Relative loss of quality against it that is let pass; a negative one asks for a gain. */
  readonly tolerance: number;
}

export interface GuardInput {
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
  /** What `judged` was fitted to. */
  readonly fitted: RecommenderInput;
  /** What is no candidate for each user; see `EvaluationInput`. */
  readonly settled: NonNullable<EvaluationInput['settled']>;
  readonly test: HeldOut;
  readonly judged: RecommenderModel;
  /** Of `judged`. */
  readonly evaluation: Evaluation;
  readonly seed: number;
  readonly onProgress: (fraction: number) => void;
}

export interface GuardResult {
  readonly comparison: readonly MetricComparison[];
  /** What was compared with what, in words. */
  readonly basis: string;
}

export function compareWithActive(input: GuardInput): GuardResult {
  const { active, fitted, settled, test, judged, seed, onProgress } = input;
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
      scoresOf: foldedScores(judged, train, (user) => fitted.userPersona[user]),
      otherScoresOf: isActual
        ? foldedScoresOfOther(unpackRecommender(active.recommender), train, {
            itemIndex: active.itemIndex,
            personaOf: (user) => labels[user],
          })
        : refittedScores(input, personas, labels),
      nItems: input.dataset.nItems,
      seen: train,
      settled,
      test: isActual ? newer : test,
    },
    {
      seed,
      tolerance: active.tolerance,
      maxUsers: judgedAtMost(input.dataset.nItems, MAX_USERS),
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

/** The figures for which the new version must not be activated unasked; undefined where nothing speaks against it. */
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

function refittedScores({ active, fitted, seed }: GuardInput, personas: PersonaModel, labels: Int32Array) {
  const other = fitRecommender(
    { ...fitted, userPersona: labels, nPersonas: personas.personas.length },
    { seed, hyperParameters: active.hyperParameters },
  );
  return foldedScores(other, fitted.interactions, (user) => labels[user]);
}

/** Int32Array [nUsers]: everybody's persona under the active version; -1 without one, and where its features were others. */
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
