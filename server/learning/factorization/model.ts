/** A fitted recommender, and its storage format. */
import { InvalidModelError, NotFiniteError } from '../errors.js';
import { completeHyperParameters } from './hyper-parameters.js';

import { emptyRows } from '../linalg/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';

/** Immutable: all per-user state is computed from the user's history. */
export interface RecommenderModel {
  readonly nItems: number;
  /** The first items; those that follow were added by `withNewItems`. */
  readonly nTrainedItems: number;
  readonly nPersonas: number;
  readonly hyperParameters: HyperParameters;
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly itemEmbeddings: Float32Array;
  /** Float32Array [nComponents]: the diagonal shared by all fold-ins. */
  readonly ridge: Float32Array;
  /** Float32Array, row-major [nPersonas + 1, nComponents]; the last row is for users without a persona. */
  readonly personaPriors: Float32Array;
  /** Float32Array [nItems], 0..1: logarithm of the number of users attracted, relative to the most popular item. */
  readonly popularity: Float32Array;
  /** Float32Array [nItems], 0..1: the number of users attracted, relative to the most popular item. */
  readonly shares: Float32Array;
  /** Float32Array [nItems], 0..1: recent popularity, see `recentPopularityOf`; all 0 if times are unknown. */
  readonly recentPopularity: Float32Array;
  /** Sparse [nItems, nFeatures], unit rows: the content of the items. */
  readonly features: SparseRows;
  /** Float32Array [nFeatures]: weight of each feature before rows are scaled to unit length. */
  readonly featureWeights: Float32Array;
  /** Time of the latest interaction trained on, ms since the epoch; 0 if times are unknown. */
  readonly recordedUntil: number;
  /** Sparse [nItems, nItems]: the effect of a preference of 1 to the row's item on the column's score. */
  readonly itemToItem: SparseRows;
  /** Sparse [nItems, nItems], see `fitSequence`; empty if its weight is 0. */
  readonly sequence: SparseRows;
  /** Sparse [2 nItems, nItems], see `fitCompanions`; empty if its weight is 0. */
  readonly companions: SparseRows;
}

export interface PackedRecommender {
  /** All fields except the arrays; JSON-serialisable. */
  readonly meta: {
    readonly nItems: number;
    readonly nPersonas: number;
    readonly hyperParameters: HyperParameters;
    /** Absent in versions of earlier releases, like the next. */
    readonly nTrainedItems?: number;
    readonly recordedUntil?: number;
  };
  readonly arrays: Readonly<Record<ArrayName, Float32Array | Int32Array>>;
}

const FLOAT_ARRAYS = [
  'itemEmbeddings',
  'ridge',
  'personaPriors',
  'popularity',
  'shares',
  'recentPopularity',
  'featureWeights',
  'featureValues',
  'itemToItemValues',
  'sequenceValues',
  'companionValues',
] as const;
const INT_ARRAYS = [
  'featureIndptr',
  'featureIndices',
  'itemToItemIndptr',
  'itemToItemIndices',
  'sequenceIndptr',
  'sequenceIndices',
  'companionIndptr',
  'companionIndices',
] as const;
type ArrayName = (typeof FLOAT_ARRAYS)[number] | (typeof INT_ARRAYS)[number];

/** Freezes the model. Throws NotFiniteError if any of its numbers is not finite. */
export function freezeModel(model: RecommenderModel): RecommenderModel {
  const packed = packRecommender(model);
  for (const name of FLOAT_ARRAYS) {
    if (!packed.arrays[name].every(Number.isFinite))
      throw new NotFiniteError(`The model's ${name} are not finite.`);
  }
  return frozen(model);
}

/**
 * The frozen `base` with items appended, which are sums of its finite numbers. Only the new embeddings are checked, since a
 * server waits for it. Throws NotFiniteError.
 */
export function extendModel(base: RecommenderModel, changes: Partial<RecommenderModel>): RecommenderModel {
  const model = { ...base, ...changes };
  if (!model.itemEmbeddings.subarray(base.itemEmbeddings.length).every(Number.isFinite))
    throw new NotFiniteError("The new items' embeddings are not finite.");
  return frozen(model);
}

function frozen(model: RecommenderModel): RecommenderModel {
  return Object.freeze({
    ...model,
    features: Object.freeze({ ...model.features }),
    itemToItem: Object.freeze({ ...model.itemToItem }),
    sequence: Object.freeze({ ...model.sequence }),
    companions: Object.freeze({ ...model.companions }),
  });
}

/** Packs a model into named arrays and plain data, without copying. */
export function packRecommender(model: RecommenderModel): PackedRecommender {
  const { nItems, nTrainedItems, nPersonas, hyperParameters } = model;
  const { itemEmbeddings, ridge, personaPriors, popularity } = model;
  const { shares, recentPopularity, features, featureWeights, recordedUntil, itemToItem } = model;
  const { sequence, companions } = model;
  return {
    meta: { nItems, nTrainedItems, nPersonas, hyperParameters, recordedUntil },
    arrays: {
      itemEmbeddings,
      ridge,
      personaPriors,
      popularity,
      shares,
      recentPopularity,
      featureWeights,
      featureIndptr: features.indptr,
      featureIndices: features.indices,
      featureValues: features.values,
      itemToItemIndptr: itemToItem.indptr,
      itemToItemIndices: itemToItem.indices,
      itemToItemValues: itemToItem.values,
      sequenceIndptr: sequence.indptr,
      sequenceIndices: sequence.indices,
      sequenceValues: sequence.values,
      companionIndptr: companions.indptr,
      companionIndices: companions.indices,
      companionValues: companions.values,
    },
  };
}

/** Unpacks a model. Throws InvalidModelError if a part is missing or inconsistent. */
export function unpackRecommender({ meta, arrays: stored }: PackedRecommender): RecommenderModel {
  const arrays = { ...laterParts(meta), ...stored };
  for (const name of FLOAT_ARRAYS) requireArray(arrays[name], Float32Array, name);
  for (const name of INT_ARRAYS) requireArray(arrays[name], Int32Array, name);
  const { nItems, nPersonas } = meta;
  const hyperParameters = completeHyperParameters(meta.hyperParameters);
  const { nComponents } = hyperParameters;
  const lengths: Partial<Record<ArrayName, number>> = {
    itemEmbeddings: nItems * nComponents,
    ridge: nComponents,
    personaPriors: (nPersonas + 1) * nComponents,
    popularity: nItems,
    shares: nItems,
    recentPopularity: nItems,
    featureIndptr: nItems + 1,
    featureIndices: arrays.featureIndptr[nItems],
    featureValues: arrays.featureIndptr[nItems],
    itemToItemIndptr: nItems + 1,
    itemToItemIndices: arrays.itemToItemIndptr[nItems],
    itemToItemValues: arrays.itemToItemIndptr[nItems],
    sequenceIndptr: nItems + 1,
    sequenceIndices: arrays.sequenceIndptr[nItems],
    sequenceValues: arrays.sequenceIndptr[nItems],
    companionIndptr: 2 * nItems + 1,
    companionIndices: arrays.companionIndptr[2 * nItems],
    companionValues: arrays.companionIndptr[2 * nItems],
  };
  for (const [name, length] of Object.entries(lengths)) {
    if (arrays[name as ArrayName].length !== length) {
      throw new InvalidModelError(
        `Model part ${name} has ${arrays[name as ArrayName].length} numbers, not ${length}.`,
      );
    }
  }
  return freezeModel({
    nItems,
    nTrainedItems: meta.nTrainedItems ?? nItems,
    nPersonas,
    hyperParameters,
    itemEmbeddings: arrays.itemEmbeddings as Float32Array,
    ridge: arrays.ridge as Float32Array,
    personaPriors: arrays.personaPriors as Float32Array,
    popularity: arrays.popularity as Float32Array,
    shares: arrays.shares as Float32Array,
    recentPopularity: arrays.recentPopularity as Float32Array,
    features: {
      indptr: arrays.featureIndptr as Int32Array,
      indices: arrays.featureIndices as Int32Array,
      values: arrays.featureValues as Float32Array,
    },
    featureWeights: arrays.featureWeights as Float32Array,
    recordedUntil: meta.recordedUntil ?? 0,
    itemToItem: {
      indptr: arrays.itemToItemIndptr as Int32Array,
      indices: arrays.itemToItemIndices as Int32Array,
      values: arrays.itemToItemValues as Float32Array,
    },
    sequence: {
      indptr: arrays.sequenceIndptr as Int32Array,
      indices: arrays.sequenceIndices as Int32Array,
      values: arrays.sequenceValues as Float32Array,
    },
    companions: {
      indptr: arrays.companionIndptr as Int32Array,
      indices: arrays.companionIndices as Int32Array,
      values: arrays.companionValues as Float32Array,
    },
  });
}

/** Defaults for parts missing in versions of earlier releases, in which their weights are 0. */
function laterParts({ nItems }: PackedRecommender['meta']) {
  const { indptr, indices, values } = emptyRows(nItems);
  const [shares, recentPopularity] = [new Float32Array(nItems), new Float32Array(nItems)];
  return {
    shares,
    recentPopularity,
    featureWeights: new Float32Array(0),
    featureIndptr: indptr,
    featureIndices: indices,
    featureValues: values,
    sequenceIndptr: indptr,
    sequenceIndices: indices,
    sequenceValues: values,
    companionIndptr: new Int32Array(2 * nItems + 1),
    companionIndices: indices,
    companionValues: values,
  };
}

function requireArray(array: unknown, kind: typeof Float32Array | typeof Int32Array, name: string): void {
  if (!(array instanceof kind))
    throw new InvalidModelError(`Model part ${name} is missing or has the wrong type.`);
}
