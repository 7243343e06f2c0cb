/** The items' features as sparse rows of unit length, rare features weighing more (inverse document frequency). */
import { InvalidShapeError } from '../errors.js';
import { transpose } from '../linalg/index.js';

import type { SparseRows } from '../linalg/index.js';

export interface ItemFeatures {
  /** Int32Array [nItems + 1]. */
  readonly indptr: Int32Array;
  /** Int32Array: feature indices; a feature listed twice counts once. */
  readonly indices: Int32Array;
  readonly nFeatures: number;
}

/** What an item is made of, as the features stage encodes it. */
export interface EncodedContent {
  /** Int32Array [nItems]: -1 where the item has none. */
  readonly categories: Int32Array;
  readonly categoryNames: { readonly length: number };
  /** Int32Array [nItems + 1]. */
  readonly tagIndptr: Int32Array;
  readonly tagIndices: Int32Array;
  readonly tagNames: { readonly length: number };
}

/** Categories first, then tags, as features of one kind. */
export function itemFeaturesOf(content: EncodedContent): ItemFeatures {
  const { categories, categoryNames, tagIndptr, tagIndices, tagNames } = content;
  const indptr = new Int32Array(categories.length + 1);
  const indices = new Int32Array(categories.length + tagIndices.length);
  let top = 0;
  for (let i = 0; i < categories.length; i++) {
    if (categories[i] >= 0) indices[top++] = categories[i];
    for (let p = tagIndptr[i]; p < tagIndptr[i + 1]; p++)
      indices[top++] = categoryNames.length + tagIndices[p];
    indptr[i + 1] = top;
  }
  return { indptr, indices: indices.subarray(0, top), nFeatures: categoryNames.length + tagNames.length };
}

/** Unit tf-idf rows [nItems, nFeatures]; a feature that every item has is left out. Throws InvalidShapeError. */
export function weighItemFeatures({ indptr, indices, nFeatures }: ItemFeatures, nItems: number): SparseRows {
  if (indptr.length !== nItems + 1) {
    throw new InvalidShapeError(`There are features of ${indptr.length - 1} items, and ${nItems} items.`);
  }
  const counts = new Int32Array(nFeatures);
  const lastItem = new Int32Array(nFeatures).fill(-1);
  const isRepeat = new Uint8Array(indices.length);
  for (let i = 0; i < nItems; i++) {
    for (let p = indptr[i]; p < indptr[i + 1]; p++) {
      const feature = indices[p];
      if (!(feature >= 0 && feature < nFeatures)) {
        throw new InvalidShapeError(`Feature ${feature} is out of range.`);
      }
      if (lastItem[feature] === i) isRepeat[p] = 1;
      else counts[feature]++;
      lastItem[feature] = i;
    }
  }
  const idf = Float64Array.from(counts, (count) => Math.log(nItems / Math.max(count, 1)));
  const ptr = new Int32Array(nItems + 1);
  const columns = new Int32Array(indices.length);
  const values = new Float32Array(indices.length);
  let top = 0;
  for (let i = 0; i < nItems; i++) {
    let square = 0;
    for (let p = indptr[i]; p < indptr[i + 1]; p++) {
      if (isRepeat[p] === 1 || idf[indices[p]] === 0) continue;
      columns[top] = indices[p];
      values[top++] = idf[indices[p]];
      square += idf[indices[p]] ** 2;
    }
    for (let p = ptr[i]; p < top; p++) values[p] /= Math.sqrt(square);
    ptr[i + 1] = top;
  }
  const rows = { indptr: ptr, indices: columns.subarray(0, top), values: values.subarray(0, top) };
  // Twice transposed, the features ascend within each item.
  return transpose(transpose(rows, nFeatures), nItems);
}
