/**
 * Items that are newer than the model. Until the next training, such an item starts as the mean of the trained items
 * with the most similar content: the mean of their embeddings and of their item-to-item weights, plus a direct weight
 * between it and each of them. The extended model is a model like any other, so fold-in, scores, explanations and what-if
 * lists need no special case.
 */
import { topN, transpose } from '../linalg/index.js';
import { extendModel } from './model.js';

import type { SparseRows } from '../linalg/index.js';
import type { RecommenderModel } from './model.js';

/** Number of similar trained items. */
const N_SIMILAR = 10;
/** Added to the sum of their similarities, so that an item without close relatives starts near zero. */
const SHRINKAGE = 0.5;
/** Weight between a new item and an identical item, relative to the largest weight of the latter. */
const DIRECT_SHARE = 0.4;

/** Rows merged per step. */
const STEP_ROWS = 1024;

/** An item's similar trained items. */
export interface ContentNeighbours {
  /** Int32Array, most similar first; ties by index. */
  readonly indices: Int32Array;
  /** Float32Array: cosines of the content, above 0. */
  readonly similarities: Float32Array;
}

/** Finds trained items similar to an item by its feature indices; unknown and repeated features are left out. */
export function createContentIndex({
  features,
  featureWeights,
}: Pick<RecommenderModel, 'features' | 'featureWeights'>): (own: Iterable<number>) => ContentNeighbours {
  const byFeature = transpose(features, featureWeights.length);
  const nItems = features.indptr.length - 1;
  const sums = new Float32Array(nItems);
  return (own) => {
    const known = [...new Set(own)].filter((feature) => featureWeights[feature] > 0).sort((a, b) => a - b);
    const length = Math.sqrt(known.reduce((sum, feature) => sum + featureWeights[feature] ** 2, 0));
    for (const feature of known) {
      const weight = featureWeights[feature] / length;
      for (let p = byFeature.indptr[feature]; p < byFeature.indptr[feature + 1]; p++) {
        sums[byFeature.indices[p]] += weight * byFeature.values[p];
      }
    }
    const indices = topN(sums, N_SIMILAR, (item) => sums[item] > 0);
    const similarities = Float32Array.from(indices, (item) => sums[item]);
    sums.fill(0);
    return { indices, similarities };
  };
}

/** What adding items needs of a trained model. */
export interface ItemSource {
  readonly trained: RecommenderModel;
  /** Sparse [nItems, nItems]: the transposed item-to-item term. */
  readonly columns: SparseRows;
}

export function createItemSource(trained: RecommenderModel): ItemSource {
  return { trained, columns: transpose(trained.itemToItem, trained.nItems) };
}

/**
 * Appends an item to `base`, the trained model or an extension of it, for each entry of `added`. The arrays of `base` are
 * unchanged. A generator, so that a server can do other work between its steps; each takes about a millisecond. Throws
 * NotFiniteError.
 */
export function* withNewItems(
  { trained, columns }: ItemSource,
  base: RecommenderModel,
  added: readonly ContentNeighbours[],
): Generator<void, RecommenderModel> {
  const d = trained.hyperParameters.nComponents;
  const itemEmbeddings = grown(base.itemEmbeddings, added.length * d);
  const sums = new Float64Array(trained.nItems);
  const effects: Vector[] = [];
  const causes: Vector[] = [];
  for (const [place, neighbours] of added.entries()) {
    const { indices, similarities } = neighbours;
    const total = SHRINKAGE + similarities.reduce((a, b) => a + b, 0);
    const to = itemEmbeddings.subarray((base.nItems + place) * d);
    indices.forEach((similar, k) => {
      const share = similarities[k] / total;
      for (let f = 0; f < d; f++) to[f] += share * trained.itemEmbeddings[similar * d + f];
    });
    effects.push(meanRow(trained.itemToItem, neighbours, { total, sums }));
    causes.push(meanRow(columns, neighbours, { total, sums }));
    yield;
  }
  return extendModel(base, {
    nItems: base.nItems + added.length,
    itemEmbeddings,
    popularity: grown(base.popularity, added.length),
    shares: grown(base.shares, added.length),
    recentPopularity: grown(base.recentPopularity, added.length),
    features: withRows(base.features, added.length),
    itemToItem: yield* merged(base.itemToItem, effects, causes),
    sequence: withRows(base.sequence, added.length),
    companions: withRows(base.companions, 2 * added.length),
  });
}

interface Vector {
  /** Ascending. */
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** The mean of the neighbours' rows, and the direct weight of each neighbour. `sums` is zeroed scratch. */
function meanRow(
  rows: SparseRows,
  { indices, similarities }: ContentNeighbours,
  { total, sums }: { total: number; sums: Float64Array },
): Vector {
  const touched: number[] = [];
  const add = (item: number, value: number) => {
    if (value === 0) return;
    if (sums[item] === 0) touched.push(item);
    sums[item] += value;
  };
  indices.forEach((similar, k) => {
    const own = rowOf(rows, similar);
    const share = similarities[k] / total;
    let largest = 0;
    for (let p = 0; p < own.indices.length; p++) {
      add(own.indices[p], share * own.values[p]);
      if (own.values[p] > largest) largest = own.values[p];
    }
    add(similar, DIRECT_SHARE * similarities[k] * largest);
  });
  // An item is twice in the list if its sum was 0 in between.
  const found = Int32Array.from(new Set(touched)).sort();
  const values = Float32Array.from(found, (item) => sums[item]);
  for (const item of found) sums[item] = 0;
  return { indices: found, values };
}

function rowOf({ indptr, indices, values }: SparseRows, row: number): Vector {
  const [from, to] = [indptr[row], indptr[row + 1]];
  return { indices: indices.subarray(from, to), values: values.subarray(from, to) };
}

function grown(values: Float32Array, by: number): Float32Array {
  const longer = new Float32Array(values.length + by);
  longer.set(values);
  return longer;
}

/** With `n` empty rows appended. */
function withRows(rows: SparseRows, n: number): SparseRows {
  const indptr = new Int32Array(rows.indptr.length + n).fill(rows.indices.length);
  indptr.set(rows.indptr);
  return { ...rows, indptr };
}

/**
 * `rows` with an entry per cause in the column of each new item, and with a row of effects for each new item. Columns
 * ascend within a row.
 */
function* merged(
  rows: SparseRows,
  effects: readonly Vector[],
  causes: readonly Vector[],
): Generator<void, SparseRows> {
  const nOld = rows.indptr.length - 1;
  const byNewItem = stacked(causes);
  yield;
  const byRow = transpose(byNewItem, nOld);
  yield;
  const nAdded = [...effects, ...causes].reduce((sum, { indices }) => sum + indices.length, 0);
  const indptr = new Int32Array(nOld + effects.length + 1);
  const indices = new Int32Array(rows.indices.length + nAdded);
  const values = new Float32Array(indices.length);
  let top = 0;
  const append = (own: Vector) => {
    indices.set(own.indices, top);
    values.set(own.values, top);
    top += own.indices.length;
  };
  for (let row = 0; row < nOld; row++) {
    append(rowOf(rows, row));
    const own = rowOf(byRow, row);
    append({ indices: own.indices.map((place) => nOld + place), values: own.values });
    indptr[row + 1] = top;
    if (row % STEP_ROWS === 0) yield;
  }
  effects.forEach((own, place) => {
    append(own);
    indptr[nOld + place + 1] = top;
  });
  return { indptr, indices, values };
}

function stacked(vectors: readonly Vector[]): SparseRows {
  const indptr = new Int32Array(vectors.length + 1);
  vectors.forEach(({ indices }, v) => (indptr[v + 1] = indptr[v] + indices.length));
  const indices = new Int32Array(indptr[vectors.length]);
  const values = new Float32Array(indices.length);
  vectors.forEach((vector, v) => {
    indices.set(vector.indices, indptr[v]);
    values.set(vector.values, indptr[v]);
  });
  return { indptr, indices, values };
}
