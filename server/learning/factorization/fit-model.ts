/** Fits a recommender with given hyper-parameters: factorisation, item-to-item term, and the model of both. */
import { latestOf } from './absence.js';
import { fitCompanions } from './companions.js';
import { fitClusterFactors } from './cluster-factors.js';
import { likeRateOf } from './like-rate.js';
import { fitFactors } from './factors.js';
import { weighItemFeatures } from './item-features.js';
import { fitItemToItem } from './item-to-item.js';
import { freezeModel } from './model.js';
import { interestedUsers, recentPopularityOf, relative } from './popularity.js';
import { fitSequence } from './sequence.js';
import { preferenceRows } from './signals.js';

import { emptyRows } from '../linalg/index.js';
import type { Kernels } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { Factors } from './factors.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ItemFeatures } from './item-features.js';
import type { RecommenderModel } from './model.js';
import type { Interactions } from './signals.js';
import type { UserCluster } from './user-cluster.js';

export interface RecommenderInput {
  readonly interactions: Interactions;
  readonly nItems: number;
  readonly itemFeatures: ItemFeatures;
  /** Int32Array [nUsers]: -1 for users without a persona. */
  readonly userPersona: Int32Array;
  readonly nPersonas: number;
}

export interface FitModelOptions {
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  /** Parts of an earlier fit on the same data, to fit only the other part. */
  readonly factors?: Factors;
  readonly itemToItem?: SparseRows;
  /** Fits the sequence term even with weight 0, so that other weights can be tried. */
  readonly withSequence?: boolean;
  /** Initial item embeddings, see `FactorsOptions`. */
  readonly start?: Float32Array;
  /** Holds the rows of the factorisation in place of `interactions`. */
  readonly cluster?: UserCluster;
  readonly onProgress?: (fraction: number) => void;
}

export interface FittedModel {
  readonly model: RecommenderModel;
  readonly factors: Factors;
  /** Float32Array [nItems], see `likeRateOf`. */
  readonly likeRate: Float32Array;
}

/** Throws like `fitRecommender`. */
export function fitModel(kernels: Kernels, input: RecommenderInput, options: FitModelOptions): FittedModel {
  const { hyperParameters, seed, onProgress } = options;
  const { nItems, itemFeatures, userPersona, nPersonas } = input;
  const { nFeatures } = itemFeatures;
  const preference = preferenceRows(input.interactions, nItems, hyperParameters);
  const { rows: features, weights } = weighItemFeatures(itemFeatures, preference, nItems);
  const factorShare = options.factors !== undefined ? 0 : options.itemToItem !== undefined ? 1 : 0.5;
  const sides = { nItems, features, nFeatures, userPersona, nPersonas };
  const factorsOptions = {
    ...{ hyperParameters, seed, start: options.start },
    onProgress: (fraction: number) => onProgress?.(factorShare * fraction),
  };
  const factors =
    options.factors ??
    (options.cluster === undefined
      ? fitFactors(kernels, { ...sides, preference }, factorsOptions)
      : fitClusterFactors(kernels, options.cluster, sides, factorsOptions));
  const { itemEmbeddings, ridge, personaPriors } = factors;
  const likeRate = likeRateOf(preference, nItems);
  const itemToItem =
    options.itemToItem ??
    fitItemToItem(
      kernels,
      { preference, nItems, features, nFeatures, itemEmbeddings, likeRate },
      {
        hyperParameters,
        onProgress: (fraction) => onProgress?.(factorShare + (1 - factorShare) * fraction),
      },
    );
  const attracted = interestedUsers(preference, nItems);
  const hasSequence = options.withSequence === true || hyperParameters.sequenceWeight > 0;
  onProgress?.(1);
  const model = freezeModel({
    nItems,
    nTrainedItems: nItems,
    nPersonas,
    hyperParameters,
    itemEmbeddings,
    ridge,
    personaPriors,
    popularity: relative(attracted.map(Math.log1p)),
    shares: relative(attracted),
    recentPopularity: recentPopularityOf(input.interactions, nItems, hyperParameters),
    features,
    featureWeights: weights,
    recordedUntil: latestOf(input.interactions.at),
    itemToItem,
    sequence: hasSequence ? fitSequence(input.interactions, nItems, hyperParameters) : emptyRows(nItems),
    companions:
      hyperParameters.companionWeight > 0
        ? fitCompanions(input.interactions, nItems, hyperParameters)
        : emptyRows(2 * nItems),
  });
  return { model, factors, likeRate };
}
