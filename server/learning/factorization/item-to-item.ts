/**
 * The item-to-item term: for every item a ridge regression on its nearest neighbours only.
 *
 * Both steps use the Gram matrix G = X'X + b F F' + g E E' of the items' preferences X, their features F and the
 * directions E of their embeddings, so that items with few interactions rely on similar items. With N the neighbours of
 * item j, its regression is (G[N, N] + diag(ridge)) b = G[N, j]. The weight of i in the regression of j and of j in the
 * regression of i estimate the same affinity; they are averaged after scaling by their variances. (EASE, Steck 2019,
 * restricted to neighbours as in SLIM, Ning and Karypis 2011, with side information as in Jeunen et al. 2020; solved
 * directly.) An item's column is scaled by its like rate.
 */
import { emptyRows, transpose } from '../linalg/index.js';
import { splitIntoCells } from './item-cells.js';
import { itemGram } from './item-gram.js';

import type { Kernels, Neighbours } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ItemGramInput } from './item-gram.js';

interface ItemToItemInput extends ItemGramInput {
  /** Float32Array [nItems], see `likeRateOf`. */
  readonly likeRate: Float32Array;
}

interface ItemToItemOptions {
  readonly hyperParameters: HyperParameters;
  /** Called with the completed share of the work, 0..1. */
  readonly onProgress?: (fraction: number) => void;
  /** Max items per cell, a multiple of eight; default 16,384. */
  readonly maxCellItems?: number;
}

/**
 * Number of items up to which every pair is compared. Beyond it, an item's candidates are the items that share a user
 * or a feature with it, and the items of its own cell.
 */
const MAX_CELL_ITEMS = 16_384;
/** Max neighbours of all items together, since they are kept in memory and stored with every version. */
const MAX_NEIGHBOUR_ENTRIES = 5e6;
/** Neighbours allowed per item regardless of MAX_NEIGHBOUR_ENTRIES. */
const LEAST_NEIGHBOURS = 16;
/** Share of the work in finding neighbours, for progress. */
const NEIGHBOURS_SHARE = 0.6;

/** Sparse [nItems, nItems]: row i holds the effect of a preference of 1 to item i on the scores of all items. */
export function fitItemToItem(
  kernels: Kernels,
  input: ItemToItemInput,
  options: ItemToItemOptions,
): SparseRows {
  const { nItems } = input;
  const { maxCellItems = MAX_CELL_ITEMS } = options;
  if (nItems <= maxCellItems) return fitInCells(kernels, input, new Int32Array(nItems), options);
  const { order, cellStart } = splitIntoCells(input.itemEmbeddings, nItems, maxCellItems);
  const place = new Int32Array(nItems);
  order.forEach((item, at) => (place[item] = at));
  const d = input.itemEmbeddings.length / nItems;
  const itemEmbeddings = new Float32Array(input.itemEmbeddings.length);
  order.forEach((item, at) =>
    itemEmbeddings.set(input.itemEmbeddings.subarray(item * d, (item + 1) * d), at * d),
  );
  const features = renameColumns(transpose(input.features, input.nFeatures), place, nItems);
  const ordered = {
    ...input,
    itemEmbeddings,
    features,
    preference: transpose(renameColumns(input.preference, place, nItems), input.preference.indptr.length - 1),
    likeRate: Float32Array.from(order, (item) => input.likeRate[item]),
  };
  const fitted = fitInCells(kernels, ordered, cellStart, options);
  return renameColumns(renameColumns(fitted, order, nItems), order, nItems);
}

/** The transpose of the rows with column c renamed to `names[c]`, columns ascending. */
function renameColumns(rows: SparseRows, names: Int32Array, nColumns: number): SparseRows {
  return transpose({ ...rows, indices: rows.indices.map((column) => names[column]) }, nColumns);
}

/** `cellStart` is Int32Array [nItems], see `ItemCells`. */
function fitInCells(
  kernels: Kernels,
  input: ItemToItemInput,
  cellStart: Int32Array,
  { hyperParameters, onProgress }: ItemToItemOptions,
): SparseRows {
  const { nItems } = input;
  const room = Math.max(LEAST_NEIGHBOURS, Math.floor(MAX_NEIGHBOUR_ENTRIES / nItems));
  const nNeighbours = Math.min(hyperParameters.nNeighbours, nItems - 1, room);
  if (nNeighbours < 1) return emptyRows(nItems);
  const { arena } = kernels;
  const mark = arena.mark();

  const { gram, diagonal, counts } = itemGram(arena, input, hyperParameters);
  const ridge = arena.float32(nItems);
  const scale = arena.float32(nItems);
  for (let i = 0; i < nItems; i++) {
    ridge[i] = hyperParameters.neighbourRidge + hyperParameters.neighbourRidgeShare * counts[i];
    scale[i] = 1 / Math.sqrt(diagonal[i] + hyperParameters.damping);
  }
  const neighbours: Neighbours = {
    nNeighbours,
    indices: arena.int32(nItems * nNeighbours),
    sizes: arena.int32(nItems),
  };
  kernels.nearestColumns({
    ...{ gram, scale, cellStart, neighbours },
    onProgress: (fraction) => onProgress?.(NEIGHBOURS_SHARE * fraction),
  });
  const weights = arena.float32(nItems * nNeighbours);
  kernels.neighbourRidge({
    ...{ gram, neighbours, ridge, weights },
    onProgress: (fraction) => onProgress?.(NEIGHBOURS_SHARE + (1 - NEIGHBOURS_SHARE) * fraction),
  });
  const variance = diagonal.map((value, i) => value + ridge[i]);
  const fitted = symmetrized(neighbours, weights, variance);
  arena.release(mark);
  const scales = input.likeRate.map((value) => value ** hyperParameters.likeRatePower);
  for (let p = 0; p < fitted.values.length; p++) fitted.values[p] *= scales[fitted.indices[p]];
  return fitted;
}

/** S_ij = (B_ij + B_ji sqrt(v_j / v_i)) / 2, where B_ij is the weight of neighbour i in the regression of j. */
function symmetrized(neighbours: Neighbours, weights: Float32Array, variance: Float32Array): SparseRows {
  const { nNeighbours, indices, sizes } = neighbours;
  const nItems = sizes.length;
  const asked = asRows(neighbours, weights);
  const told = transpose(asked, nItems);
  const sum = new Float32Array(nItems);
  const isTouched = new Uint8Array(nItems);
  const indptr = new Int32Array(nItems + 1);
  const columns = new Int32Array(2 * asked.indices.length);
  const values = new Float32Array(2 * asked.indices.length);
  let top = 0;
  const add = (j: number, value: number) => {
    if (isTouched[j] === 0) {
      isTouched[j] = 1;
      columns[top++] = j;
    }
    sum[j] += value;
  };
  for (let i = 0; i < nItems; i++) {
    const first = top;
    for (let p = told.indptr[i]; p < told.indptr[i + 1]; p++) add(told.indices[p], told.values[p] / 2);
    for (let p = 0; p < sizes[i]; p++) {
      const j = indices[i * nNeighbours + p];
      add(j, (weights[i * nNeighbours + p] * Math.sqrt(variance[j] / variance[i])) / 2);
    }
    columns.subarray(first, top).sort();
    for (let p = first; p < top; p++) {
      values[p] = sum[columns[p]];
      sum[columns[p]] = 0;
      isTouched[columns[p]] = 0;
    }
    indptr[i + 1] = top;
  }
  return { indptr, indices: columns.slice(0, top), values: values.slice(0, top) };
}

/** Row j holds j's neighbours with their values; zeros are left out. */
function asRows({ nNeighbours, indices, sizes }: Neighbours, values: Float32Array): SparseRows {
  const nItems = sizes.length;
  const indptr = new Int32Array(nItems + 1);
  const columns = new Int32Array(indices.length);
  const kept = new Float32Array(indices.length);
  let top = 0;
  for (let j = 0; j < nItems; j++) {
    for (let p = j * nNeighbours; p < j * nNeighbours + sizes[j]; p++) {
      if (values[p] === 0) continue;
      columns[top] = indices[p];
      kept[top++] = values[p];
    }
    indptr[j + 1] = top;
  }
  return { indptr, indices: columns.slice(0, top), values: kept.slice(0, top) };
}
