/**
 * Fits a recommender under user-level differential privacy. The published parts come from the noisy sums of
 * `fitPrivateFactors` alone: embeddings, and popularity from the noisy counts. The item-to-item term uses items' features
 * and those embeddings, without the users' pairs. Left out: the sequence term, recent popularity, like rates, personas'
 * means, and the lift of features. Hyper-parameters are fixed, since a search would look at the users again.
 */
import { createKernels } from '../kernels/index.js';
import { createRandom, emptyRows } from '../linalg/index.js';
import { createFeaturePrior } from './feature-prior.js';
import { checkInput } from './fit.js';
import { completeHyperParameters } from './hyper-parameters.js';
import { weighItemFeatures } from './item-features.js';
import { fitItemToItem } from './item-to-item.js';
import { freezeModel } from './model.js';
import { relative } from './popularity.js';
import { fitPrivateFactors, privateSumsLength } from './private-factors.js';
import { preferenceRows } from './signals.js';

import type { Kernels } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { RecommenderInput } from './fit-model.js';
import type { RecommenderModel } from './model.js';

export interface PrivateFitOptions {
  /** Standard deviation of Gaussian noise for a sensitivity of 1 that the whole budget allows. */
  readonly noise: number;
  /** Standard normal numbers; for a model that is published nobody may be able to predict them. */
  readonly normal: () => number;
  /** An integer; seeds what does not depend on users. */
  readonly seed: number;
  readonly onProgress?: (fraction: number) => void;
}

/** Few components and sweeps, since the budget is divided among them; chosen on training rows of public data sets. */
const HYPER_PARAMETERS = completeHyperParameters({
  ...{ nComponents: 16, nSweeps: 3, factorWeight: 2, principalWeight: 0, shortHistoryBoost: 0 },
  ...{ popularityWeight: 0.1, likeRatePower: 0 },
});
/** Turns a noisy sum of weights into about a number of users, for the logarithm in the popularity. */
const USERS_PER_WEIGHT = 4;
const NO_USERS: SparseRows = {
  indptr: new Int32Array(1),
  indices: new Int32Array(0),
  values: new Float32Array(0),
};

/** How many numbers `normal` must supply for a catalogue of this size. */
export function privateNoiseLength(nItems: number): number {
  return privateSumsLength(nItems, HYPER_PARAMETERS.nComponents, HYPER_PARAMETERS.nSweeps);
}

/** Throws InvalidShapeError and NotFiniteError like `fitRecommender`. */
export function fitPrivateRecommender(
  input: RecommenderInput,
  { noise, normal, seed, onProgress }: PrivateFitOptions,
): RecommenderModel {
  checkInput(input);
  const hyperParameters = HYPER_PARAMETERS;
  const { nComponents, nSweeps, alpha0, userRegularization } = hyperParameters;
  const { nItems, nPersonas, itemFeatures } = input;
  const kernels = createKernels();
  const { rows: features, weights } = weighItemFeatures(itemFeatures, NO_USERS, nItems);
  const { nFeatures } = itemFeatures;
  const { itemEmbeddings, ridge, counts } = fitPrivateFactors(
    {
      preference: preferenceRows(input.interactions, nItems, hyperParameters),
      nItems,
      start: startOf(features, nFeatures, nComponents, seed),
      priorOf: priorFrom(kernels, features, nFeatures, nComponents),
    },
    { nComponents, nSweeps, alpha0, userRegularization, noise, normal, onProgress },
  );
  const embeddings = Float32Array.from(itemEmbeddings);
  const likeRate = new Float32Array(nItems).fill(1);
  return freezeModel({
    ...{ nItems, nTrainedItems: nItems, nPersonas, hyperParameters, itemEmbeddings: embeddings },
    ...{ features, featureWeights: weights },
    // The time of the latest interaction is a single user's.
    recordedUntil: 0,
    ridge: Float32Array.from(ridge),
    personaPriors: new Float32Array((nPersonas + 1) * nComponents),
    popularity: relative(counts.map((count) => Math.log1p(USERS_PER_WEIGHT * count))),
    shares: relative(counts),
    recentPopularity: new Float32Array(nItems),
    itemToItem: fitItemToItem(
      kernels,
      { preference: NO_USERS, nItems, features, nFeatures, itemEmbeddings: embeddings, likeRate },
      { hyperParameters },
    ),
    sequence: emptyRows(nItems),
    companions: emptyRows(2 * nItems),
  });
}

/** Random embeddings, row-major [nItems, nComponents], similar for items with common features. */
function startOf({ indptr, indices, values }: SparseRows, nFeatures: number, d: number, seed: number) {
  const random = createRandom(seed);
  const scale = 1 / Math.sqrt(d);
  const ofFeatures = Float64Array.from({ length: nFeatures * d }, () => scale * random.normal());
  const start = Float64Array.from({ length: (indptr.length - 1) * d }, () => 0.1 * scale * random.normal());
  for (let item = 0; item + 1 < indptr.length; item++)
    for (let p = indptr[item]; p < indptr[item + 1]; p++)
      for (let f = 0; f < d; f++) start[item * d + f] += values[p] * ofFeatures[indices[p] * d + f];
  return start;
}

/** The ridge regression of embeddings on features, all items alike. */
function priorFrom(kernels: Kernels, features: SparseRows, nFeatures: number, d: number) {
  const { arena } = kernels;
  const nItems = features.indptr.length - 1;
  const prior = createFeaturePrior(kernels, features, nFeatures, arena.float32(nItems).fill(1), d);
  const [from, to] = [arena.float32(nItems * d), arena.float32(nItems * d)];
  return (embeddings: Float64Array) => {
    from.set(embeddings);
    prior.fit(from);
    prior.predict(to);
    return Float64Array.from(to);
  };
}
