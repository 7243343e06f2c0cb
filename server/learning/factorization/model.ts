/** A fitted recommender, and its storage format. */
import { InvalidModelError, NotFiniteError } from '../errors.js';
import { completeHyperParameters } from './hyper-parameters.js';

import { emptyRows } from '../linalg/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';

/** Immutable: all per-user state is computed from the user's history. */
export interface RecommenderModel {
  readonly nItems: number;
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
  /** Sparse [nItems, nItems]: the effect of a preference of 1 to the row's item on the column's score. */
  readonly itemToItem: SparseRows;
  /** Sparse [nItems, nItems], see `fitSequence`; empty if its weight is 0. */
  readonly sequence: SparseRows;
}

export interface PackedRecommender {
  /** All fields except the arrays; JSON-serialisable. */
  readonly meta: {
    readonly nItems: number;
    readonly nPersonas: number;
    readonly hyperParameters: HyperParameters;
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
  'itemToItemValues',
  'sequenceValues',
] as const;
const INT_ARRAYS = ['itemToItemIndptr', 'itemToItemIndices', 'sequenceIndptr', 'sequenceIndices'] as const;
type ArrayName = (typeof FLOAT_ARRAYS)[number] | (typeof INT_ARRAYS)[number];

/** Freezes the model. Throws NotFiniteError if any of its numbers is not finite. */
export function freezeModel(model: RecommenderModel): RecommenderModel {
  const packed = packRecommender(model);
  for (const name of FLOAT_ARRAYS) {
    if (!packed.arrays[name].every(Number.isFinite))
      throw new NotFiniteError(`The model's ${name} are not finite.`);
  }
  return Object.freeze({
    ...model,
    itemToItem: Object.freeze({ ...model.itemToItem }),
    sequence: Object.freeze({ ...model.sequence }),
  });
}

/** Packs a model into named arrays and plain data, without copying. */
export function packRecommender(model: RecommenderModel): PackedRecommender {
  const { nItems, nPersonas, hyperParameters, itemEmbeddings, ridge, personaPriors, popularity } = model;
  const { shares, recentPopularity, itemToItem, sequence } = model;
  return {
    meta: { nItems, nPersonas, hyperParameters },
    arrays: {
      itemEmbeddings,
      ridge,
      personaPriors,
      popularity,
      shares,
      recentPopularity,
      itemToItemIndptr: itemToItem.indptr,
      itemToItemIndices: itemToItem.indices,
      itemToItemValues: itemToItem.values,
      sequenceIndptr: sequence.indptr,
      sequenceIndices: sequence.indices,
      sequenceValues: sequence.values,
    },
  };
}

/** Unpacks a model. Throws InvalidModelError if a part is missing or inconsistent. */
export function unpackRecommender({ meta, arrays: stored }: PackedRecommender): RecommenderModel {
  const arrays = { ...laterParts(meta), ...stored };
  for (const name of FLOAT_ARRAYS) requireArray(arrays[name], Float32Array, name);
  for (const name of INT_ARRAYS) requireArray(arrays[name], Int32Array, name);
  const { nItems, nPersonas } = meta;
  const hyperParameters = completeHyperParameters(renamed(meta.hyperParameters));
  const { nComponents } = hyperParameters;
  const lengths: Partial<Record<ArrayName, number>> = {
    itemEmbeddings: nItems * nComponents,
    ridge: nComponents,
    personaPriors: (nPersonas + 1) * nComponents,
    popularity: nItems,
    shares: nItems,
    recentPopularity: nItems,
    itemToItemIndptr: nItems + 1,
    itemToItemIndices: arrays.itemToItemIndptr[nItems],
    itemToItemValues: arrays.itemToItemIndptr[nItems],
    sequenceIndptr: nItems + 1,
    sequenceIndices: arrays.sequenceIndptr[nItems],
    sequenceValues: arrays.sequenceIndptr[nItems],
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
    nPersonas,
    hyperParameters,
    itemEmbeddings: arrays.itemEmbeddings as Float32Array,
    ridge: arrays.ridge as Float32Array,
    personaPriors: arrays.personaPriors as Float32Array,
    popularity: arrays.popularity as Float32Array,
    shares: arrays.shares as Float32Array,
    recentPopularity: arrays.recentPopularity as Float32Array,
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
  });
}

/** Defaults for parts missing in versions of earlier releases, in which their weights are 0. */
function laterParts({ nItems }: PackedRecommender['meta']) {
  const { indptr, indices, values } = emptyRows(nItems);
  const [shares, recentPopularity] = [new Float32Array(nItems), new Float32Array(nItems)];
  return {
    shares,
    recentPopularity,
    sequenceIndptr: indptr,
    sequenceIndices: indices,
    sequenceValues: values,
  };
}

function requireArray(array: unknown, kind: typeof Float32Array | typeof Int32Array, name: string): void {
  if (!(array instanceof kind))
    throw new InvalidModelError(`Model part ${name} is missing or has the wrong type.`);
}

/** Versions stored before 0.2.0 call the exponent of the like rate `esteemPower`. */
function renamed({ esteemPower, ...rest }: HyperParameters & { esteemPower?: number }): HyperParameters {
  return esteemPower === undefined ? rest : { ...rest, likeRatePower: esteemPower };
}
