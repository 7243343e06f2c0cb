/**
 * Matrix factorisation with feature priors, fitted by alternating least squares:
 *
 *   sum over observed (u, i) of c (r - w_u.h_i)^2  +  alpha0 sum over all (u, i) of (w_u.h_i)^2
 *     + sum_u lambda_u |w_u - P x_u|^2  +  sum_i lambda_i |h_i - D z_i|^2
 *
 * (Hu, Koren and Volinsky 2008 for the implicit zeros; Agarwal and Chen 2009 for the priors; lambda grows with the
 * row's confidence as in Rendle et al. 2021.) Unlike them, each half-sweep first rotates to the eigenbasis of the fixed
 * side's Gram matrix: the term shared by all rows is then diagonal, and a row with n observations needs an n x n system
 * through Woodbury's identity instead of a d x d system. P x_u is the mean embedding of the user's persona, shrunk
 * towards the overall mean; D is a ridge regression of the item embeddings on the item features.
 */
import { createRandom, transpose } from '../linalg/index.js';
import { createFeaturePrior } from './feature-prior.js';
import { targetOf } from './signals.js';

import type { Kernels, WeightedRows } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';

export interface FactorsInput {
  /** Preferences [nUsers, nItems], columns ascending. */
  readonly preference: SparseRows;
  readonly nItems: number;
  /** Unit rows [nItems, nFeatures]. */
  readonly features: SparseRows;
  readonly nFeatures: number;
  /** Int32Array [nUsers]: persona of each user, -1 if none. */
  readonly userPersona: Int32Array;
  readonly nPersonas: number;
}

/** Parameters of a fold-in, in the basis where the shared term is diagonal. */
export interface Factors {
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly itemEmbeddings: Float32Array;
  /** Float32Array [nComponents]: alpha0 times the eigenvalues of H'H. */
  readonly ridge: Float32Array;
  /** Float32Array, row-major [nPersonas + 1, nComponents]; the last row is for users without a persona. */
  readonly personaPriors: Float32Array;
}

interface FactorsOfUsers extends Factors {
  /** Float32Array, row-major [nUsers, nComponents]: final embeddings of training, equal to those of a fold-in. */
  readonly userEmbeddings: Float32Array;
}

export interface FactorsOptions {
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  /**
   * Float32Array, row-major [nItems, nComponents]: embeddings fitted to similar data. A few sweeps from there converge
   * like many sweeps from noise.
   */
  readonly start?: Float32Array;
  readonly onProgress?: (fraction: number) => void;
}

const WARM_SWEEPS = 3;
const INITIAL_SCALE = 0.1;
/** Keeps lambda above zero for rows without confidence. */
export const MIN_LAMBDA = 1e-4;
/** Rows rotated at a time. */
const ROTATED_ROWS = 1024;

/** Pull towards the prior of a row with this total confidence, facing `nOthers` rows on the other side. */
export function lambdaOf(
  confidence: number,
  nOthers: number,
  regularization: number,
  { alpha0 }: Pick<HyperParameters, 'alpha0'>,
): number {
  return Math.max(MIN_LAMBDA, regularization * (confidence + alpha0 * nOthers));
}

export function fitFactors(kernels: Kernels, input: FactorsInput, options: FactorsOptions): FactorsOfUsers {
  const { arena } = kernels;
  const { hyperParameters, seed, start, onProgress } = options;
  const { nComponents: d } = hyperParameters;
  const nSweeps = sweepsOf(options);
  const { nItems, userPersona, nPersonas } = input;
  const nUsers = input.preference.indptr.length - 1;
  const mark = arena.mark();

  const users = createSide(
    kernels,
    input.preference,
    nItems,
    hyperParameters,
    hyperParameters.userRegularization,
  );
  const items = createSide(
    kernels,
    transpose(input.preference, nItems),
    nUsers,
    hyperParameters,
    hyperParameters.itemRegularization,
  );
  const priorRow = arena.copyInt32(userPersona.map((persona) => (persona < 0 ? nPersonas : persona)));
  const featurePrior = createFeaturePrior(kernels, input.features, input.nFeatures, items.lambda, d);
  const basis = createBasis(kernels, d, hyperParameters.alpha0);

  const h = start === undefined ? initialEmbeddings(kernels, input, d, seed) : arena.copyFloat32(start);
  const w = arena.float32(nUsers * d);
  const priors = arena.float32((nPersonas + 1) * d);
  const itemPrior = arena.float32(nItems * d);
  for (let sweep = 0; sweep < nSweeps; sweep++) {
    basis.diagonalize(h, nItems, [priors]);
    users.solve(h, basis.ridge, priors, w, priorRow);
    const means = sumsByPersona(w, { priorRow, indptr: users.rows.indptr, nPersonas });
    writePersonaMeans(means, hyperParameters.personaShrinkage, priors);
    featurePrior.fit(h);
    basis.diagonalize(w, nUsers, [priors, featurePrior.weights]);
    featurePrior.predict(itemPrior);
    items.solve(w, basis.ridge, itemPrior, h);
    onProgress?.((sweep + 1) / (nSweeps + 1));
  }
  // A last half-sweep: users for the final items and priors, equal to a fold-in.
  basis.diagonalize(h, nItems, [priors]);
  users.solve(h, basis.ridge, priors, w, priorRow);
  onProgress?.(1);
  const fitted = Object.freeze({
    itemEmbeddings: Float32Array.from(h),
    ridge: Float32Array.from(basis.ridge),
    personaPriors: Float32Array.from(priors),
    userEmbeddings: Float32Array.from(w),
  });
  arena.release(mark);
  return fitted;
}

/** Number of alternations: fewer from embeddings fitted to similar data. */
export function sweepsOf({ hyperParameters: { nSweeps }, start }: FactorsOptions): number {
  return start === undefined ? nSweeps : Math.min(WARM_SWEEPS, nSweeps);
}

/** A side of the alternation: its observations and lambdas, in kernel memory. */
function createSide(
  kernels: Kernels,
  preference: SparseRows,
  nOthers: number,
  hyperParameters: HyperParameters,
  regularization: number,
) {
  const rows = observedRows(kernels, preference, hyperParameters);
  const nRows = rows.indptr.length - 1;
  const lambda = kernels.arena.float32(nRows);
  for (let r = 0; r < nRows; r++) {
    let confidence = 0;
    for (let p = rows.indptr[r]; p < rows.indptr[r + 1]; p++) confidence += rows.confidence[p];
    lambda[r] = lambdaOf(confidence, nOthers, regularization, hyperParameters);
  }
  return {
    rows,
    lambda,
    solve(
      factors: Float32Array,
      ridge: Float32Array,
      prior: Float32Array,
      out: Float32Array,
      priorRow?: Int32Array,
    ) {
      const nComponents = ridge.length;
      const range = { from: 0, to: nRows };
      kernels.solveRows({ ...rows, ...range, factors, nComponents, ridge, lambda, prior, priorRow, out });
    },
  };
}

function observedRows(
  kernels: Kernels,
  preference: SparseRows,
  hyperParameters: HyperParameters,
): WeightedRows {
  const nRows = preference.indptr.length - 1;
  const dislike = targetOf(-1, hyperParameters);
  let n = 0;
  for (const value of preference.values) if (value > 0 || dislike.confidence > 0) n++;
  const { arena } = kernels;
  const rows = {
    indptr: arena.int32(nRows + 1),
    indices: arena.int32(n),
    confidence: arena.float32(n),
    target: arena.float32(n),
  };
  let top = 0;
  for (let r = 0; r < nRows; r++) {
    for (let p = preference.indptr[r]; p < preference.indptr[r + 1]; p++) {
      const value = preference.values[p];
      if (value < 0 && dislike.confidence === 0) continue;
      rows.indices[top] = preference.indices[p];
      rows.confidence[top] = value < 0 ? dislike.confidence : targetOf(value, hyperParameters).confidence;
      rows.target[top++] = value < 0 ? dislike.target : 1;
    }
    rows.indptr[r + 1] = top;
  }
  return rows;
}

/** Noise plus random feature embeddings, so that items with common features start with similar embeddings. */
export function initialEmbeddings(
  kernels: Kernels,
  input: Pick<FactorsInput, 'nItems' | 'features' | 'nFeatures'>,
  d: number,
  seed: number,
): Float32Array {
  const { arena } = kernels;
  const random = createRandom(seed);
  const scale = INITIAL_SCALE / Math.sqrt(d);
  const h = arena.float32(input.nItems * d);
  const mark = arena.mark();
  const features = arena.float32(input.nFeatures * d);
  for (let f = 0; f < features.length; f++) features[f] = scale * random.normal();
  const { indptr, indices, values } = input.features;
  kernels.sparseMultiply(
    arena.copyInt32(indptr),
    arena.copyInt32(indices),
    arena.copyFloat32(values),
    features,
    d,
    h,
  );
  for (let f = 0; f < h.length; f++) h[f] += scale * random.normal();
  arena.release(mark);
  return h;
}

/**
 * Rotates embeddings to the eigenbasis of their Gram matrix, together with the companion matrices in the same space.
 */
export function createBasis(kernels: Kernels, d: number, alpha0: number) {
  const { arena } = kernels;
  const sum = arena.float32(d * d);
  const rotation = arena.float32(d * d);
  const ridge = arena.float32(d);
  // A scratch of fixed size: any of the matrices may have the most rows.
  const rotated = arena.float32(ROTATED_ROWS * d);
  const rotate = (rows: Float32Array) => {
    for (let from = 0; from < rows.length; from += rotated.length) {
      const part = rows.subarray(from, from + rotated.length);
      kernels.multiplySquare(part, part.length / d, d, rotation, rotated);
      part.set(rotated.subarray(0, part.length));
    }
  };
  /** Rotates matrices to the eigenbasis of a Gram matrix [d, d], of which only the lower triangle is read. */
  const diagonalizeGram = (gram: Float32Array, matrices: readonly Float32Array[]) => {
    const { values, vectors } = kernels.symmetricEigen(gram, d);
    for (let k = 0; k < d; k++) {
      ridge[k] = alpha0 * Math.max(values[k], 0);
      for (let f = 0; f < d; f++) rotation[f * d + k] = vectors[k * d + f];
    }
    matrices.forEach(rotate);
  };
  return {
    ridge,
    diagonalizeGram,
    diagonalize(embeddings: Float32Array, nRows: number, companions: readonly Float32Array[]) {
      sum.fill(0);
      kernels.accumulateGram(embeddings, nRows, d, sum);
      diagonalizeGram(sum, [embeddings, ...companions]);
    },
  };
}

/** Sums of embeddings over the users of each persona who have observations. */
export interface PersonaSums {
  /** Float64Array, row-major [nPersonas + 1, nComponents]; the last row is over all users. */
  readonly sums: Float64Array;
  /** Float64Array [nPersonas + 1]: number of users in each sum. */
  readonly counts: Float64Array;
}

function sumsByPersona(
  w: Float32Array,
  { priorRow, indptr, nPersonas }: { priorRow: Int32Array; indptr: Int32Array; nPersonas: number },
): PersonaSums {
  const d = w.length / priorRow.length;
  const sums = new Float64Array((nPersonas + 1) * d);
  const counts = new Float64Array(nPersonas + 1);
  const all = nPersonas * d;
  for (let u = 0; u < priorRow.length; u++) {
    if (indptr[u] === indptr[u + 1]) continue;
    counts[nPersonas]++;
    const persona = priorRow[u];
    if (persona < nPersonas) counts[persona]++;
    for (let f = 0; f < d; f++) {
      const value = w[u * d + f];
      sums[all + f] += value;
      if (persona < nPersonas) sums[persona * d + f] += value;
    }
  }
  return { sums, counts };
}

/** Writes the mean embedding per persona, shrunk towards the overall mean, which is the last row. */
export function writePersonaMeans(
  { sums, counts }: PersonaSums,
  shrinkage: number,
  priors: Float32Array,
): void {
  const nPersonas = counts.length - 1;
  const d = priors.length / counts.length;
  const all = nPersonas * d;
  for (let f = 0; f < d; f++) {
    const mean = counts[nPersonas] === 0 ? 0 : sums[all + f] / counts[nPersonas];
    priors[all + f] = mean;
    for (let k = 0; k < nPersonas; k++) {
      const weight = counts[k] + shrinkage;
      priors[k * d + f] = weight === 0 ? mean : (sums[k * d + f] + shrinkage * mean) / weight;
    }
  }
}
