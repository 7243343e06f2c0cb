/** The items' features as sparse rows of unit length. */
import { InvalidShapeError } from '../errors.js';
import { featureWeights } from './feature-weights.js';

import type { SparseRows } from '../linalg/index.js';

export interface ItemFeatures {
  /** Int32Array [nItems + 1]. */
  readonly indptr: Int32Array;
  /** Int32Array: feature indices; a feature listed twice counts once. */
  readonly indices: Int32Array;
  readonly nFeatures: number;
}

/** Item content, as encoded by the features stage. */
export interface EncodedContent {
  /** Int32Array [nItems]: -1 without a category. */
  readonly categories: Int32Array;
  readonly categoryNames: { readonly length: number };
  /** Int32Array [nItems + 1]. */
  readonly termIndptr: Int32Array;
  readonly termIndices: Int32Array;
  readonly termNames: { readonly length: number };
}

/** Features from categories, followed by terms. */
export function itemFeaturesOf(content: EncodedContent): ItemFeatures {
  const { categories, categoryNames, termIndptr, termIndices, termNames } = content;
  const indptr = new Int32Array(categories.length + 1);
  const indices = new Int32Array(categories.length + termIndices.length);
  let top = 0;
  for (let i = 0; i < categories.length; i++) {
    if (categories[i] >= 0) indices[top++] = categories[i];
    for (let p = termIndptr[i]; p < termIndptr[i + 1]; p++)
      indices[top++] = categoryNames.length + termIndices[p];
    indptr[i + 1] = top;
  }
  return { indptr, indices: indices.subarray(0, top), nFeatures: categoryNames.length + termNames.length };
}

/**
 * Unit rows [nItems, nFeatures] and the weights of the features, see `featureWeights`; features of weight 0 are left out
 * of the rows. `preference` is [nUsers, nItems]. Throws InvalidShapeError.
 */
export function weighItemFeatures(
  features: ItemFeatures,
  preference: SparseRows,
  nItems: number,
): { rows: SparseRows; weights: Float32Array } {
  const { indptr, indices } = distinctRows(features, nItems);
  const weights = featureWeights({ indptr, indices, nFeatures: features.nFeatures }, preference);
  const ptr = new Int32Array(nItems + 1);
  const columns = new Int32Array(indices.length);
  const values = new Float32Array(indices.length);
  let top = 0;
  for (let i = 0; i < nItems; i++) {
    let square = 0;
    for (let p = indptr[i]; p < indptr[i + 1]; p++) {
      const weight = weights[indices[p]];
      if (weight === 0) continue;
      columns[top] = indices[p];
      values[top++] = weight;
      square += weight ** 2;
    }
    for (let p = ptr[i]; p < top; p++) values[p] /= Math.sqrt(square);
    ptr[i + 1] = top;
  }
  const rows = { indptr: ptr, indices: columns.slice(0, top), values: values.slice(0, top) };
  return { rows, weights: Float32Array.from(weights) };
}

/** Features ascending within each item, without repeats. */
function distinctRows(
  { indptr, indices, nFeatures }: ItemFeatures,
  nItems: number,
): Omit<SparseRows, 'values'> {
  if (indptr.length !== nItems + 1) {
    throw new InvalidShapeError(`There are features for ${indptr.length - 1} items, but ${nItems} items.`);
  }
  const stray = indices.find((feature) => !(feature >= 0 && feature < nFeatures));
  if (stray !== undefined) throw new InvalidShapeError(`Feature ${stray} is out of range.`);
  const ptr = new Int32Array(nItems + 1);
  const columns = new Int32Array(indices.length);
  let top = 0;
  for (let i = 0; i < nItems; i++) {
    const row = indices.slice(indptr[i], indptr[i + 1]).sort();
    for (let p = 0; p < row.length; p++) if (p === 0 || row[p] !== row[p - 1]) columns[top++] = row[p];
    ptr[i + 1] = top;
  }
  return { indptr: ptr, indices: columns.subarray(0, top) };
}
