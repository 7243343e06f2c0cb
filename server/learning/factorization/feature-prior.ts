/**
 * The item prior D z_i: a ridge regression of item embeddings on item features, each item weighted by its lambda_i in
 * the objective. Items without interactions get their embedding from here alone.
 */
import { transpose } from '../linalg/index.js';

import type { Kernels } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';

/** Max number of features, by frequency: the system is dense, and rare features have too few items to learn from. */
const MAX_FEATURES = 1024;
/** Ridge in units of the mean lambda. */
const REGULARIZATION = 1;

interface FeaturePrior {
  /** Float32Array, row-major [at least nFeatures, nComponents]: D. */
  readonly weights: Float32Array;
  /** Refits D to item embeddings [nItems, nComponents]. */
  fit(embeddings: Float32Array): void;
  /** out [nItems, nComponents] := the prior of every item. */
  predict(out: Float32Array): void;
}

/** `lambda` is Float32Array [nItems]; the normal equations are constant and factored once. */
export function createFeaturePrior(
  kernels: Kernels,
  features: SparseRows,
  nFeatures: number,
  lambda: Float32Array,
  nComponents: number,
): FeaturePrior {
  const { arena } = kernels;
  const z = mostFrequent(features, nFeatures);
  const side = Math.ceil(z.nFeatures / 4) * 4;
  const factor = arena.float32(side * side);
  normalEquations(z.rows, lambda, side, factor);
  kernels.cholesky(factor, side);

  const weighted = transpose(z.rows, z.nFeatures);
  for (let p = 0; p < weighted.values.length; p++) weighted.values[p] *= lambda[weighted.indices[p]];
  const rows = toArena(kernels, z.rows);
  const columns = toArena(kernels, weighted);
  const weights = arena.float32(z.nFeatures * nComponents);
  const column = arena.float32(side);
  return {
    weights,
    fit(embeddings) {
      kernels.sparseMultiply(
        columns.indptr,
        columns.indices,
        columns.values,
        embeddings,
        nComponents,
        weights,
      );
      for (let f = 0; f < nComponents; f++) {
        for (let t = 0; t < z.nFeatures; t++) column[t] = weights[t * nComponents + f];
        column.fill(0, z.nFeatures);
        kernels.choleskySolve(factor, side, column);
        for (let t = 0; t < z.nFeatures; t++) weights[t * nComponents + f] = column[t];
      }
    },
    predict: (out) =>
      kernels.sparseMultiply(rows.indptr, rows.indices, rows.values, weights, nComponents, out),
  };
}

function toArena({ arena }: Kernels, rows: SparseRows): SparseRows {
  return {
    indptr: arena.copyInt32(rows.indptr),
    indices: arena.copyInt32(rows.indices),
    values: arena.copyFloat32(rows.values),
  };
}

/** Lower triangle of Z'LZ + ridge; rows past the last feature are rows of the identity. */
function normalEquations(rows: SparseRows, lambda: Float32Array, side: number, a: Float32Array): void {
  let total = 0;
  for (let i = 0; i < lambda.length; i++) {
    total += lambda[i];
    for (let p = rows.indptr[i]; p < rows.indptr[i + 1]; p++) {
      const weight = lambda[i] * rows.values[p];
      for (let q = rows.indptr[i]; q <= p; q++)
        a[rows.indices[p] * side + rows.indices[q]] += weight * rows.values[q];
    }
  }
  const ridge = lambda.length === 0 ? 1 : (REGULARIZATION * total) / lambda.length;
  for (let t = 0; t < side; t++) a[t * side + t] += ridge;
}

function mostFrequent(features: SparseRows, nFeatures: number): { rows: SparseRows; nFeatures: number } {
  if (nFeatures <= MAX_FEATURES) return { rows: features, nFeatures };
  const counts = new Int32Array(nFeatures);
  for (const feature of features.indices) counts[feature]++;
  const order = Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const kept = order.slice(0, MAX_FEATURES).sort((a, b) => a - b);
  const position = new Int32Array(nFeatures).fill(-1);
  kept.forEach((feature, t) => (position[feature] = t));
  const indptr = new Int32Array(features.indptr.length);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i + 1 < indptr.length; i++) {
    for (let p = features.indptr[i]; p < features.indptr[i + 1]; p++) {
      if (position[features.indices[p]] < 0) continue;
      indices.push(position[features.indices[p]]);
      values.push(features.values[p]);
    }
    indptr[i + 1] = indices.length;
  }
  return {
    rows: { indptr, indices: Int32Array.from(indices), values: Float32Array.from(values) },
    nFeatures: kept.length,
  };
}
