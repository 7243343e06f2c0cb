/**
 * The item-to-item term: for every item a ridge regression on its nearest neighbours only.
 *
 * Both steps look at the Gram matrix G = X'X + b F F' + g E E' of the items' attractions X, their features F and the
 * directions E of their embeddings, so that an item few have met leans on items like it. With N the neighbours of item j, its regression is
 * (G[N, N] + diag(ridge)) b = G[N, j]. What i says of j and what j says of i are two estimates of one affinity; they
 * are averaged after bringing them to one scale by their variances. (EASE, Steck 2019, restricted to neighbours as in
 * SLIM, Ning and Karypis 2011, with side information as in Jeunen et al. 2020; solved directly.) What neighbours say of
 * an item is scaled by its esteem.
 */
import { transpose } from '../linalg/index.js';
import { itemGram } from './item-gram.js';

import type { Kernels, Neighbours } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ItemGramInput } from './item-gram.js';

export interface ItemToItemInput extends ItemGramInput {
  /** Float32Array [nItems], see `esteemOf`. */
  readonly esteem: Float32Array;
}

/** Sparse [nItems, nItems]: row i holds what an attraction of 1 to item i adds to the scores of others. */
export function fitItemToItem(
  kernels: Kernels,
  input: ItemToItemInput,
  hyperParameters: HyperParameters,
): SparseRows {
  const { nItems } = input;
  const nNeighbours = Math.min(hyperParameters.nNeighbours, nItems - 1);
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
  kernels.nearestColumns(gram, scale, neighbours);
  const weights = arena.float32(nItems * nNeighbours);
  kernels.neighbourRidge({ gram, neighbours, ridge, weights });
  const variance = diagonal.map((value, i) => value + ridge[i]);
  const fitted = symmetrized(neighbours, weights, variance);
  arena.release(mark);
  const scales = input.esteem.map((value) => value ** hyperParameters.esteemPower);
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

function emptyRows(n: number): SparseRows {
  return { indptr: new Int32Array(n + 1), indices: new Int32Array(0), values: new Float32Array(0) };
}
