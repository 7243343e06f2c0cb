/**
 * Builds the items' Gram matrix G = X'X + b F F' + g E E' in the form used by the kernels: preferences X and rare
 * features F as sparse rows, directions E of the embeddings and frequent features as dense columns. The pairs of a
 * feature shared by many items would cost more than its column in a dense product.
 */
import { stackRows, transpose } from '../linalg/index.js';

import type { Arena, ColumnGram } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';

export interface ItemGramInput {
  /** Preferences [nUsers, nItems], columns ascending. */
  readonly preference: SparseRows;
  readonly nItems: number;
  /** Unit rows [nItems, nFeatures]. */
  readonly features: SparseRows;
  readonly nFeatures: number;
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly itemEmbeddings: Float32Array;
}

interface ItemGram {
  readonly gram: ColumnGram;
  /** Float32Array [nItems]: diagonal of G. */
  readonly diagonal: Float32Array;
  /** Float32Array [nItems]: diagonal of X'X. */
  readonly counts: Float32Array;
}

/** Share of the items above which a feature is dense. */
const DENSE_SHARE = 0.2;
const MAX_DENSE = 64;
/** Max items of a user paired with each other: a robot interacts with all items, which says nothing about them. */
const MAX_HISTORY = 2_500;
/** Max pairs of items from sparse features; beyond it, the most frequent features are left out. */
const MAX_FEATURE_PAIRS = 2e9;

/** The result is arena memory, valid until released. */
export function itemGram(arena: Arena, input: ItemGramInput, hyperParameters: HyperParameters): ItemGram {
  const { nItems, nFeatures } = input;
  const { featureWeight, embeddingWeight, nComponents } = hyperParameters;
  const features = transpose(input.features, nFeatures);
  for (let p = 0; p < features.values.length; p++) features.values[p] *= Math.sqrt(featureWeight);
  const byFrequency = Array.from({ length: nFeatures }, (_, t) => t).sort(
    (a, b) => lengthOf(features, b) - lengthOf(features, a) || a - b,
  );
  const nFrequent = byFrequency.filter((t) => lengthOf(features, t) > DENSE_SHARE * nItems).length;
  // Rounded up to a multiple of eight with the next most frequent features.
  const nDense = Math.min(MAX_DENSE, Math.ceil(nFrequent / 8) * 8);

  const width = nComponents + nDense;
  const dense = arena.float32(nItems * width);
  writeDirections(dense, width, input.itemEmbeddings, nItems, embeddingWeight);
  byFrequency.slice(0, nDense).forEach((t, k) => {
    for (let p = features.indptr[t]; p < features.indptr[t + 1]; p++) {
      dense[features.indices[p] * width + nComponents + k] = features.values[p];
    }
  });

  const positive = boundRows(keepEntries(input.preference, (value) => value > 0));
  const rows = stackRows(positive, sparseFeatures(features, byFrequency.slice(nDense)));
  const columns = transpose(rows, nItems);
  const diagonal = new Float32Array(nItems);
  const counts = new Float32Array(nItems);
  const nUsers = positive.indptr.length - 1;
  for (let i = 0; i < nItems; i++) {
    for (let p = columns.indptr[i]; p < columns.indptr[i + 1]; p++) {
      const square = columns.values[p] ** 2;
      diagonal[i] += square;
      if (columns.indices[p] < nUsers) counts[i] += square;
    }
    for (let f = i * width; f < (i + 1) * width; f++) diagonal[i] += dense[f] ** 2;
  }
  return {
    gram: {
      rowPtr: arena.copyInt32(rows.indptr),
      rowColumns: arena.copyInt32(rows.indices),
      rowValues: arena.copyFloat32(rows.values),
      columnPtr: arena.copyInt32(columns.indptr),
      columnRows: arena.copyInt32(columns.indices),
      columnValues: arena.copyFloat32(columns.values),
      dense,
      nComponents: width,
    },
    diagonal,
    counts,
  };
}

/** Writes embeddings minus their mean, as unit rows times sqrt(`weight`), into the first columns. */
function writeDirections(
  dense: Float32Array,
  width: number,
  embeddings: Float32Array,
  nItems: number,
  weight: number,
): void {
  const d = embeddings.length / nItems;
  const mean = new Float64Array(d);
  for (let p = 0; p < embeddings.length; p++) mean[p % d] += embeddings[p] / nItems;
  for (let i = 0; i < nItems; i++) {
    let square = 0;
    for (let f = 0; f < d; f++) square += (embeddings[i * d + f] - mean[f]) ** 2;
    const scale = square > 0 ? Math.sqrt(weight / square) : 0;
    for (let f = 0; f < d; f++) dense[i * width + f] = scale * (embeddings[i * d + f] - mean[f]);
  }
}

/** The rows of `candidates`, rarest first up to the max number of pairs; the rest are empty. */
function sparseFeatures(features: SparseRows, candidates: readonly number[]): SparseRows {
  const isKept = new Uint8Array(features.indptr.length - 1);
  let pairs = 0;
  for (const t of [...candidates].reverse()) {
    pairs += lengthOf(features, t) ** 2;
    isKept[t] = pairs <= MAX_FEATURE_PAIRS ? 1 : 0;
  }
  return keepEntries(features, (value, t) => isKept[t] === 1 && value > 0);
}

/** Thins rows to MAX_HISTORY entries at even steps, since the pairs grow with the square. */
function boundRows(rows: SparseRows): SparseRows {
  const { indptr } = rows;
  return keepEntries(rows, (_, row, p) => {
    const length = lengthOf(rows, row);
    if (length <= MAX_HISTORY) return true;
    const place = p - indptr[row];
    return Math.floor((place * MAX_HISTORY) / length) !== Math.floor(((place - 1) * MAX_HISTORY) / length);
  });
}

function keepEntries(
  { indptr, indices, values }: SparseRows,
  isKept: (value: number, row: number, entry: number) => boolean,
): SparseRows {
  const ptr = new Int32Array(indptr.length);
  const columns = new Int32Array(indices.length);
  const kept = new Float32Array(indices.length);
  let top = 0;
  for (let r = 0; r + 1 < indptr.length; r++) {
    for (let p = indptr[r]; p < indptr[r + 1]; p++) {
      if (!isKept(values[p], r, p)) continue;
      columns[top] = indices[p];
      kept[top++] = values[p];
    }
    ptr[r + 1] = top;
  }
  return { indptr: ptr, indices: columns.subarray(0, top), values: kept.subarray(0, top) };
}

function lengthOf({ indptr }: SparseRows, row: number): number {
  return indptr[row + 1] - indptr[row];
}
