/**
 * Stage 5: fits a recommender to interactions, item features and personas. Seeded: the same input gives the same bytes.
 */
import { InvalidShapeError } from '../errors.js';
import { createKernels } from '../kernels/index.js';
import { fitModel } from './fit-model.js';
import { completeHyperParameters } from './hyper-parameters.js';
import { searchHyperParameters } from './search.js';

import type { KernelThreads } from '../kernels/index.js';
import type { RecommenderInput } from './fit-model.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { RecommenderModel } from './model.js';
import type { SearchBudget } from './search.js';
import type { UserCluster } from './user-cluster.js';

/** Share of the work in the search, for progress. */
const SEARCH_SHARE = 0.75;

export interface RecommenderOptions {
  /** An integer. */
  readonly seed: number;
  /** Overrides of the defaults; the search starts from here, for instance from the last version's. */
  readonly hyperParameters?: Partial<HyperParameters>;
  /** Chooses hyper-parameters on validation data first; absent: uses the given hyper-parameters. */
  readonly search?: SearchBudget;
  /** A model fitted to similar data and the same items; ignored if its embeddings have a different length. */
  readonly start?: RecommenderModel;
  /** Threads to share the work with; the result does not depend on them. Default: none. */
  readonly threads?: KernelThreads;
  /** Factorises its own copy of the rows; the search and the other parts of the model use the given interactions. */
  readonly cluster?: UserCluster;
  /** Called with the completed share of the work, 0..1. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Throws InvalidShapeError or NotFiniteError for arrays that are inconsistent or not finite, and NotFiniteError rather
 * than return a model that is not finite.
 */
export function fitRecommender(input: RecommenderInput, options: RecommenderOptions): RecommenderModel {
  const { seed, search, start, threads, cluster, onProgress } = options;
  checkInput(input);
  let hyperParameters = completeHyperParameters(options.hyperParameters);
  let done = 0;
  if (search !== undefined) {
    hyperParameters = searchHyperParameters(input, {
      seed,
      start: hyperParameters,
      budget: search,
      threads,
      onProgress: (fraction) => onProgress?.(SEARCH_SHARE * fraction),
    });
    done = SEARCH_SHARE;
  }
  const isUsable = start?.itemEmbeddings.length === input.nItems * hyperParameters.nComponents;
  return fitModel(createKernels({ threads }), input, {
    hyperParameters,
    seed,
    cluster,
    start: isUsable ? start?.itemEmbeddings : undefined,
    onProgress: (fraction) => onProgress?.(done + (1 - done) * fraction),
  }).model;
}

/** Throws InvalidShapeError unless the personas fit the users. */
export function checkInput({ interactions, userPersona, nPersonas }: RecommenderInput): void {
  const nUsers = interactions.indptr.length - 1;
  if (userPersona.length !== nUsers) {
    throw new InvalidShapeError(`There are personas for ${userPersona.length} users, but ${nUsers} users.`);
  }
  if (userPersona.some((persona) => persona >= nPersonas)) {
    throw new InvalidShapeError(`A user's persona is outside 0..${nPersonas - 1}.`);
  }
}
