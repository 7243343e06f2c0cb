/**
 * Chooses hyper-parameters on validation data taken out of the training data, so that a new data set needs no expert.
 *
 * Only what measurement shows to differ between data sets is searched: how strongly the factorisation is regularised,
 * how strongly the neighbours' regressions are, and how the parts of the score are weighed against each other. The
 * weights cost nothing to try, since each part of a score is computed once and blended in every way.
 */
import { createKernels } from '../kernels/index.js';
import { fitModel } from './fit-model.js';
import { foldIn, scoreParts } from './fold-in.js';
import { splitForValidation } from './validation.js';
import { measure } from './validation-metrics.js';

import type { FitModelOptions, FittedModel, RecommenderInput } from './fit-model.js';
import type { ScoreParts } from './fold-in.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { RecommenderModel } from './model.js';
import type { Quality } from './validation-metrics.js';
import type { ValidationUser } from './validation.js';

export interface SearchBudget {
  /** Models that may be fitted, 1 or more; a dozen let every ladder be climbed. */
  readonly maxFits: number;
}

export interface SearchOptions {
  readonly seed: number;
  /** Where to begin: the defaults, or what served the last version. */
  readonly start: HyperParameters;
  readonly budget: SearchBudget;
  readonly onProgress?: (fraction: number) => void;
}

/** Strength of regularisation, weakest first: data sets differ by a factor of a hundred. */
const FACTOR_LADDER = [
  { alpha0: 0.005, userRegularization: 0.01, itemRegularization: 0.01 },
  { alpha0: 0.02, userRegularization: 0.02, itemRegularization: 0.02 },
  { alpha0: 0.05, userRegularization: 0.03, itemRegularization: 0.03 },
  { alpha0: 0.2, userRegularization: 0.03, itemRegularization: 0.03 },
  { alpha0: 0.5, userRegularization: 0.05, itemRegularization: 0.05 },
];
const RIDGE_LADDER = [20, 100, 400, 1600].map((neighbourRidge) => ({ neighbourRidge }));
const IMPLICIT_LADDER = [0.12, 0.25, 0.5, 1].map((implicitWeight) => ({ implicitWeight }));
const FACTOR_WEIGHTS = [0.03, 0.12, 0.5, 2] as const;
/** Finer steps around the best of them, at the end. */
const FINE_STEPS = [0.5, 0.71, 1.41, 2] as const;
const DISLIKE_WEIGHTS = [0, 0.5, 1, 1.5, 2, 3] as const;
/** Gain in the objective below which a change is noise, and the present value stays. */
const MIN_GAIN = 0.002;
/** Share of warm NDCG that heeding dislikes may cost. */
const DISLIKE_PRICE = 0.01;
/** Half the sweeps rank configurations as well as all of them. */
const SEARCH_SWEEPS = 4;
const MIN_USERS = 30;

interface Trial extends FittedModel {
  readonly hyperParameters: HyperParameters;
  /** Quality of the very first trial, which the objective is relative to. */
  readonly reference: Quality;
  readonly objective: number;
}

type Reused = Pick<FitModelOptions, 'factors' | 'itemToItem'>;

/** `start` itself where there are too few users to tell. */
export function searchHyperParameters(input: RecommenderInput, options: SearchOptions): HyperParameters {
  const { seed, start, budget, onProgress } = options;
  const split = splitForValidation(input, seed);
  if (split.users.length < MIN_USERS) return start;
  const kernels = createKernels();
  let fits = 0;
  const attempt = (change: Partial<HyperParameters>, from: Trial | null, reused: Reused = {}): Trial => {
    const hyperParameters = { ...start, ...from?.hyperParameters, ...change, nSweeps: SEARCH_SWEEPS };
    const fitted = fitModel(kernels, split.input, { hyperParameters, seed, ...reused });
    onProgress?.(Math.min(1, ++fits / budget.maxFits));
    return weigh({ ...fitted, hyperParameters }, FACTOR_WEIGHTS, from?.reference);
  };
  /** The best of the present factor weight, which the others have to beat, and those given. */
  const weigh = (
    fitted: Pick<Trial, keyof FittedModel | 'hyperParameters'>,
    factorWeights: readonly number[],
    reference?: Quality,
  ): Trial => {
    const { hyperParameters } = fitted;
    const weights = [hyperParameters.factorWeight, ...factorWeights].map((factorWeight) => ({
      ...hyperParameters,
      factorWeight,
    }));
    const qualities = measureWeights(fitted.model, split.users, weights);
    const trials = qualities.map((quality, k): Trial => ({
      ...fitted,
      hyperParameters: weights[k],
      reference: reference ?? qualities[0],
      objective: objectiveOf(quality, reference ?? qualities[0]),
    }));
    return trials.reduce((best, trial) => (trial.objective > best.objective + MIN_GAIN ? trial : best));
  };
  /** Steps up and down one ladder from the rung that `best` stands on, as long as that helps. */
  const climb = (
    best: Trial,
    ladder: readonly Partial<HyperParameters>[],
    reusedOf: (trial: Trial) => Reused,
  ) => {
    const origin = rungOf(ladder, best.hyperParameters);
    const reused = reusedOf(best);
    for (const direction of [1, -1]) {
      for (
        let rung = origin + direction;
        rung >= 0 && rung < ladder.length && fits < budget.maxFits;
        rung += direction
      ) {
        const trial = attempt(ladder[rung], best, reused);
        if (trial.objective <= best.objective + MIN_GAIN) break;
        best = trial;
      }
    }
    return best;
  };
  let best = attempt({}, null);
  best = climb(best, FACTOR_LADDER, ({ model }) => ({ itemToItem: model.itemToItem }));
  best = climb(best, RIDGE_LADDER, ({ factors }) => ({ factors }));
  if (hasImplicit(input)) best = climb(best, IMPLICIT_LADDER, () => ({}));
  best = weigh(
    best,
    FINE_STEPS.map((step) => step * best.hyperParameters.factorWeight),
    best.reference,
  );
  const dislikeWeight = heedDislikes(best.model, best.hyperParameters, split.users);
  onProgress?.(1);
  return Object.freeze({ ...best.hyperParameters, dislikeWeight, nSweeps: start.nSweeps });
}

/** The rung whose first number is nearest, on a logarithmic scale, to the present one. */
function rungOf(ladder: readonly Partial<HyperParameters>[], present: HyperParameters): number {
  const name = Object.keys(ladder[0])[0] as keyof HyperParameters;
  const distances = ladder.map((rung) => Math.abs(Math.log((rung[name] ?? 0) / present[name])));
  return distances.indexOf(Math.min(...distances));
}

/** The largest weight of dislikes that costs little; the present one where nobody dislikes anything. */
function heedDislikes(
  model: RecommenderModel,
  chosen: HyperParameters,
  users: readonly ValidationUser[],
): number {
  if (!users.some(({ history }) => history.opinion.includes(-1))) return chosen.dislikeWeight;
  const { factorWeight } = chosen;
  const warm = users.filter(({ isCold }) => !isCold);
  const qualities = measureWeights(
    model,
    warm,
    DISLIKE_WEIGHTS.map((dislikeWeight) => ({ factorWeight, dislikeWeight })),
  );
  const bar = (1 - DISLIKE_PRICE) * qualities[0].warmNdcg;
  return DISLIKE_WEIGHTS.reduce<number>(
    (kept, weight, k) => (qualities[k].warmNdcg >= bar ? weight : kept),
    0,
  );
}

type Weights = Pick<HyperParameters, 'factorWeight' | 'dislikeWeight'>;

/** Quality of each choice of weights, all on the same parts of the same scores. */
function measureWeights(
  model: RecommenderModel,
  users: readonly ValidationUser[],
  weights: readonly Weights[],
): Quality[] {
  const parts = {
    learnt: new Float32Array(model.nItems),
    related: new Float32Array(model.nItems),
    repelled: new Float32Array(model.nItems),
  };
  const scores = new Float32Array(model.nItems);
  return measure(users, weights.length, (user, choice) => {
    if (choice === 0)
      scoreParts(model, foldIn(model, user.history, { personaIndex: user.personaIndex }), parts);
    blend(parts, weights[choice], scores);
    return scores;
  });
}

function blend({ learnt, related, repelled }: ScoreParts, weights: Weights, out: Float32Array): void {
  const factorWeight = Math.fround(weights.factorWeight);
  const dislikeWeight = Math.fround(weights.dislikeWeight);
  for (let j = 0; j < out.length; j++)
    out[j] = factorWeight * learnt[j] + related[j] - dislikeWeight * repelled[j];
}

/** Warm lists count most, then cold lists, then the order of everything else. */
function objectiveOf(quality: Quality, reference: Quality): number {
  return (
    quality.warmNdcg / Math.max(reference.warmNdcg, 1e-4) +
    (0.5 * quality.coldNdcg) / Math.max(reference.coldNdcg, 1e-4) +
    0.5 * quality.warmAuc
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
