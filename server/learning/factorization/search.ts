/**
 * Chooses hyper-parameters on validation data split off the training data, so that a new data set needs no expert.
 *
 * Only parameters that differ between data sets in measurements are searched: the regularization of embeddings and of
 * the neighbours' regressions, and the weights of the parts of the score. Weights are cheap to try, since each part of
 * a score is computed once and blended in every way.
 */
import { createKernels } from '../kernels/index.js';
import { fitModel } from './fit-model.js';
import { KNOWN_TIME_FROM } from './signals.js';
import { audiencesOf, weighAudiences } from './search-audiences.js';
import { splitForValidation } from './validation.js';
import { splitAtInstant, splitBeforeLast } from './validation-future.js';
import { measureEach } from './validation-metrics.js';
import { scoreUsers } from './validation-scores.js';

import type { KernelThreads } from '../kernels/index.js';
import type { FitModelOptions, FittedModel, RecommenderInput } from './fit-model.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Quality } from './validation-metrics.js';
import type { ScoredUsers } from './validation-scores.js';
import type { Interactions } from './signals.js';
import type { ValidationUser } from './validation.js';

export interface SearchBudget {
  /** Max number of fitted models, at least 1; a dozen suffices for every ladder. */
  readonly maxFits: number;
  /**
   * Number of a ladder, modulo the number of ladders, for a start that was found on similar data: climbs this ladder
   * first, stops after a ladder without a gain, and tries a single one of the half-lives. Default: tries everything.
   */
  readonly firstLadder?: number;
}

/** Configurations in order of one property, and what a fit at one of them shares with the best fit. */
interface Ladder {
  readonly rungs: readonly Partial<HyperParameters>[];
  readonly reused: (best: ScoredModel) => Pick<FitModelOptions, 'factors' | 'itemToItem'>;
}

interface SearchOptions {
  readonly seed: number;
  /** Start of the search: the defaults, or the last version's hyper-parameters. */
  readonly start: HyperParameters;
  readonly budget: SearchBudget;
  readonly threads?: KernelThreads;
  readonly onProgress?: (fraction: number) => void;
}

/** Strength of regularization, weakest first: data sets differ by a factor of a hundred. */
const FACTOR_RUNGS = [
  { alpha0: 0.01, userRegularization: 0.01, itemRegularization: 0.01 },
  { alpha0: 0.03, userRegularization: 0.01, itemRegularization: 0.003 },
  { alpha0: 0.05, userRegularization: 0.03, itemRegularization: 0.03 },
  { alpha0: 0.2, userRegularization: 0.03, itemRegularization: 0.03 },
  { alpha0: 0.5, userRegularization: 0.05, itemRegularization: 0.05 },
];
const RIDGE_RUNGS = [12, 20, 100, 400, 1600].map((neighbourRidge) => ({ neighbourRidge }));
const IMPLICIT_RUNGS = [0.12, 0.25, 0.5, 1].map((implicitWeight) => ({ implicitWeight }));
const FACTOR_WEIGHTS = [0.04, 0.08, 0.16, 0.3, 0.6, 1.2, 2.4].map((factorWeight) => ({ factorWeight }));
const PRINCIPAL_WEIGHTS = [0, 0.02, 0.05, 0.1, 0.3].map((principalWeight) => ({ principalWeight }));
const POPULARITY_WEIGHTS = [0.01, 0.03, 0.1, 0.3].map((popularityWeight) => ({ popularityWeight }));
const LIKE_RATE_POWERS = [0, 0.5, 1, 2].map((likeRatePower) => ({ likeRatePower }));
const DISLIKE_WEIGHTS = [0, 0.5, 1, 1.5, 2, 3].map((dislikeWeight) => ({ dislikeWeight }));
/** Max relative loss of warm NDCG through the weight of dislikes. */
const DISLIKE_PRICE = 0.01;
/** Weights of a relative gain for cold users, and of a gain in AUC, relative to a gain for warm users. */
const COLD_SHARE = 0.5;
const AUC_SHARE = 0.2;
/** Lower bound of the NDCG that gains are relative to. */
const MIN_UNIT = 1e-4;
/**
 * Standard errors by which a change must gain: about thirty changes are tried, and at a single standard error several
 * would pass by chance.
 */
const STANDARD_ERRORS = 2;
/** Min gain of a change. */
const MIN_GAIN = 1e-9;
/** Fewer sweeps rank configurations equally well. Shorter embeddings do not: they need smaller weights. */
const SEARCH_SWEEPS = 4;
/**
 * Longer embeddings gain a percent or two with many items and few interactions, and cost time in proportion to the
 * interactions. This is too little to measure on validation data, so size alone decides.
 */
const NARROW_COMPONENTS = 64;
const WIDE_COMPONENTS = 128;
const MIN_WIDE_ITEMS = 2_000;
const MAX_WIDE_ITEMS = 50_000;
const MAX_WIDE_ENTRIES = 250_000;
const MIN_USERS = 30;
/** Number of warm and cold users of the split scored again under every half-life. */
const MAX_WARM_SAMPLE = 400;
const MAX_COLD_SAMPLE = 300;
/** Shares of the work, for progress: fits and their scores in the search, and the fit in each of them. */
const FITS_SHARE = 0.8;
const FIT_SHARE = 0.6;

/** A fitted model with the parts of its scores. */
interface ScoredModel extends FittedModel {
  readonly users: ScoredUsers;
}

interface Trial extends ScoredModel {
  readonly hyperParameters: HyperParameters;
  readonly quality: Quality;
}

/** `start` if there are too few users. */
export function searchHyperParameters(input: RecommenderInput, options: SearchOptions): HyperParameters {
  const { seed, start, budget, threads, onProgress } = options;
  const split = splitForValidation(input, seed);
  if (split.users.length < MIN_USERS) return start;
  const future = futureOf(input, seed).slice(0, budget.maxFits - 1);
  const maxFits = budget.maxFits - future.length;
  const kernels = createKernels({ threads });
  let fits = 0;
  const attempt = (
    hyperParameters: HyperParameters,
    reused: Pick<FitModelOptions, 'factors' | 'itemToItem'> = {},
  ): Trial[] => {
    const report = (fraction: number) =>
      onProgress?.((FITS_SHARE * Math.min(maxFits, fits + fraction)) / maxFits);
    const fitted = fitModel(kernels, split.input, {
      ...{ hyperParameters, seed, ...reused },
      onProgress: (fraction) => report(FIT_SHARE * fraction),
    });
    const scored = scoredModel(fitted, split.users, {
      threads,
      onProgress: (fraction) => report(FIT_SHARE + (1 - FIT_SHARE) * fraction),
    });
    fits++;
    return weigh(scored, hyperParameters, FACTOR_WEIGHTS, threads);
  };
  const started = attempt({
    ...start,
    nSweeps: SEARCH_SWEEPS,
    nComponents: componentsFor(input, start),
  });
  const reference = started[0].quality;
  let best = started.reduce((kept, trial) => better(trial, kept, reference));
  /** Climbs a ladder from the present rung, up and then down, while it gains and the budget lasts; true after a gain. */
  const climb = ({ rungs, reused }: Ladder): boolean => {
    const shared = reused(best);
    const from = nearestRung(rungs, best.hyperParameters);
    for (const step of [1, -1]) {
      let hasGained = false;
      for (let at = from + step; at >= 0 && at < rungs.length && fits < maxFits; at += step) {
        const before = best;
        best = attempt({ ...best.hyperParameters, ...rungs[at] }, shared).reduce(
          (kept, trial) => better(trial, kept, reference),
          best,
        );
        if (best === before) break;
        hasGained = true;
      }
      if (hasGained) return true;
    }
    return false;
  };
  /** The trial under the best weights for time and newcomers. */
  const weighed = (trial: Trial): Trial => {
    const later = future.map(({ hidden, input: seen, users }) => {
      const fitted = fitModel(kernels, seen, { hyperParameters: trial.hyperParameters, seed });
      return { hidden, fitted, users, interactions: seen.interactions };
    });
    const { interactions } = split.input;
    const users = [...sampleOf(split.users), ...sampleOf(split.newcomers)];
    const [own, ...others] = audiencesOf(
      [{ hidden: 'any', fitted: trial, users, interactions }, ...later],
      threads,
    );
    const hyperParameters = weighAudiences([own, ...others], trial.hyperParameters, {
      hasOrder: hasOrder(interactions),
      hasTimes: hasTimes(interactions),
      onlyLadder: budget.firstLadder,
      threads,
      onProgress: (fraction) => onProgress?.(FITS_SHARE + (1 - FITS_SHARE) * fraction),
    });
    const { halfLife, halfLifeItems, sequenceDecay, recentPopularityHalfLife } = hyperParameters;
    const changed = { halfLife, halfLifeItems, sequenceDecay, recentPopularityHalfLife };
    const model = {
      ...own.fitted.model,
      hyperParameters: { ...own.fitted.model.hyperParameters, ...changed },
      recentPopularity:
        own.recentPopularities.get(recentPopularityHalfLife) ?? own.fitted.model.recentPopularity,
    };
    return weigh(
      scoredModel({ ...own.fitted, model }, split.users, { threads }),
      hyperParameters,
      [],
      threads,
    )[0];
  };
  const ladders = laddersOf(input);
  const first = (budget.firstLadder ?? 0) % ladders.length;
  for (const ladder of [...ladders.slice(first), ...ladders.slice(0, first)])
    if (!climb(ladder) && budget.firstLadder !== undefined) break;
  for (const changes of [PRINCIPAL_WEIGHTS, LIKE_RATE_POWERS, POPULARITY_WEIGHTS]) {
    const trials = weigh(best, best.hyperParameters, changes, threads);
    best = trials.reduce((kept, trial) => better(trial, kept, reference));
  }
  best = weighed(best);
  const hasDislikes = split.users.some(({ history }) => history.opinion.includes(-1));
  const dislikeWeight = hasDislikes ? weighDislikes(best, threads) : best.hyperParameters.dislikeWeight;
  onProgress?.(1);
  const { nSweeps } = start;
  return Object.freeze({ ...best.hyperParameters, dislikeWeight, nSweeps });
}

function laddersOf(input: RecommenderInput): Ladder[] {
  return [
    { rungs: FACTOR_RUNGS, reused: ({ model }) => ({ itemToItem: model.itemToItem }) },
    ...(hasImplicit(input) ? [{ rungs: IMPLICIT_RUNGS, reused: () => ({}) }] : []),
    { rungs: RIDGE_RUNGS, reused: ({ factors }) => ({ factors }) },
  ];
}

function componentsFor({ interactions, nItems }: RecommenderInput, start: HyperParameters): number {
  if (start.nComponents < NARROW_COMPONENTS) return start.nComponents;
  const isWide =
    nItems >= MIN_WIDE_ITEMS && nItems <= MAX_WIDE_ITEMS && interactions.indices.length <= MAX_WIDE_ENTRIES;
  return isWide ? WIDE_COMPONENTS : NARROW_COMPONENTS;
}

/** Validation data of the future, if available. */
function futureOf(input: RecommenderInput, seed: number) {
  const next = splitBeforeLast(input, seed);
  const later = splitAtInstant(input, seed);
  return [
    ...(next === null ? [] : [{ ...next, hidden: 'next' as const }]),
    ...(later === null ? [] : [{ ...later, hidden: 'later' as const }]),
  ];
}

function hasTimes({ at }: Interactions): boolean {
  return at?.some((time) => time >= KNOWN_TIME_FROM) === true;
}

/** Whether any user's interactions have different times, or places in a file. */
function hasOrder({ indptr, at }: Interactions): boolean {
  if (at === undefined) return false;
  for (let u = 0; u + 1 < indptr.length; u++)
    for (let p = indptr[u] + 1; p < indptr[u + 1]; p++) if (at[p] !== at[p - 1]) return true;
  return false;
}

/** The first cold and warm users up to the max sample sizes; `users` are in random order. */
function sampleOf(users: readonly ValidationUser[]): ValidationUser[] {
  const some = (isCold: boolean, most: number) =>
    users.filter((user) => user.isCold === isCold).slice(0, most);
  return [...some(true, MAX_COLD_SAMPLE), ...some(false, MAX_WARM_SAMPLE)];
}

/** The rung with its first number nearest, by ratio, to the present value. */
function nearestRung(ladder: readonly Partial<HyperParameters>[], present: HyperParameters): number {
  const [name] = Object.keys(ladder[0]) as (keyof HyperParameters)[];
  const distance = (rung: Partial<HyperParameters>) => Math.abs(Math.log(rung[name]! / present[name]));
  return ladder.reduce((nearest, rung, at) => (distance(rung) < distance(ladder[nearest]) ? at : nearest), 0);
}

function scoredModel(
  fitted: FittedModel,
  users: readonly ValidationUser[],
  options: { threads?: KernelThreads; onProgress?: (fraction: number) => void },
): ScoredModel {
  return { ...fitted, users: scoreUsers(fitted, users, options) };
}

/** Trials of the scored model under its present weights, and under each change of them. */
function weigh(
  scored: ScoredModel,
  present: HyperParameters,
  changes: readonly Partial<HyperParameters>[],
  threads: KernelThreads | undefined,
): Trial[] {
  const all = [{}, ...changes].map((change) => ({ ...present, ...change }));
  const qualities = measureEach(scored.users, all, { blendedFor: () => scored, threads });
  return all.map((hyperParameters, k) => ({ ...scored, hyperParameters, quality: qualities[k] }));
}

/**
 * Returns the challenger if its gain over the incumbent, user by user, is significant; otherwise the incumbent. Warm
 * lists count most, then cold lists, then the order of the remaining items.
 */
function better(challenger: Trial, incumbent: Trial, reference: Quality): Trial {
  const warm = pairedGain(challenger.quality.warm, incumbent.quality.warm, mean(reference.warm));
  const cold = pairedGain(challenger.quality.cold, incumbent.quality.cold, mean(reference.cold));
  const gain =
    warm.gain + COLD_SHARE * cold.gain + AUC_SHARE * (challenger.quality.warmAuc - incumbent.quality.warmAuc);
  const error = Math.sqrt(warm.variance + COLD_SHARE ** 2 * cold.variance);
  return gain > Math.max(STANDARD_ERRORS * error, MIN_GAIN) ? challenger : incumbent;
}

/** Mean of the differences, in units of `unit`, and the variance of that mean. */
function pairedGain(
  challenger: Float64Array,
  incumbent: Float64Array,
  unit: number,
): { gain: number; variance: number } {
  const differences = challenger.map((value, u) => (value - incumbent[u]) / Math.max(unit, MIN_UNIT));
  const gain = mean(differences);
  const n = Math.max(differences.length, 1);
  return { gain, variance: mean(differences.map((value) => (value - gain) ** 2)) / n };
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

/** The largest weight of dislikes within the tolerated loss. */
function weighDislikes(trial: Trial, threads: KernelThreads | undefined): number {
  const [, ...trials] = weigh(trial, trial.hyperParameters, DISLIKE_WEIGHTS, threads);
  const bar = (1 - DISLIKE_PRICE) * mean(trials[0].quality.warm);
  return trials.reduce(
    (kept, { quality, hyperParameters: { dislikeWeight } }) =>
      mean(quality.warm) >= bar ? dislikeWeight : kept,
    0,
  );
}

function hasImplicit({ interactions }: RecommenderInput): boolean {
  const { opinion, strength } = interactions;
  let likes = 0;
  let implicit = 0;
  for (let p = 0; p < opinion.length; p++) {
    if (opinion[p] > 0) likes++;
    else if (opinion[p] === 0 && strength[p] > 0) implicit++;
  }
  return likes > 0 && implicit > 0.05 * likes;
}
