/**
 * Factorisation under user-level differential privacy, after DPALS (Chien et al. 2021, arXiv 2107.09802): alternating
 * least squares in which the items see the users only through noisy sums.
 *
 * A user's embedding is computed from the published item embeddings and the user's own history, as at serving, and never
 * leaves this function. Each user enters the items' normal equations with an embedding of length 1 and with weights
 * whose squares sum to 1 over the items. So a user changes each of three sums by at most 1 in Euclidean norm: the
 * weighted counts of all items, the users' Gram matrix, and the right-hand sides of all items. Each sum receives
 * Gaussian noise; all else is computed from the noisy sums. Unlike DPALS, an item's matrix is not summed from its own
 * users: it is its count times that of the mean user, which costs no budget. The right-hand sides are filtered by their
 * known noise (Wiener), and items have a feature prior.
 */
import { symmetricEigen } from '../linalg/index.js';
import { solveSymmetric } from './solve-symmetric.js';

import type { SparseRows } from '../linalg/index.js';

export interface PrivateFactorsInput {
  /** Preferences [nUsers, nItems]; only values above 0 count. */
  readonly preference: SparseRows;
  readonly nItems: number;
  /** Float64Array, row-major [nItems, nComponents]: item embeddings to start from, independent of the users. */
  readonly start: Float64Array;
  /** The feature prior of item embeddings, row-major [nItems, nComponents]; called after every sweep. */
  readonly priorOf: (embeddings: Float64Array) => Float64Array;
}

export interface PrivateFactorsOptions {
  readonly nComponents: number;
  readonly nSweeps: number;
  /** Weight of an implicit zero. */
  readonly alpha0: number;
  /** Pull of users towards 0. */
  readonly userRegularization: number;
  /** Standard deviation of the noise if the whole budget were spent on a single sum of sensitivity 1. */
  readonly noise: number;
  /** Standard normal numbers that nobody can predict. */
  readonly normal: () => number;
  readonly onProgress?: (fraction: number) => void;
}

export interface PrivateFactors {
  /** Float64Array, row-major [nItems, nComponents], in the basis where H'H is diagonal. */
  readonly itemEmbeddings: Float64Array;
  /** Float64Array [nComponents]: alpha0 times the eigenvalues of H'H. */
  readonly ridge: Float64Array;
  /** Float64Array [nItems], at least 0: noisy sums of the users' weights. */
  readonly counts: Float64Array;
}

/** Shares of the budget: the counts once, and of each sweep the Gram matrix. */
const COUNTS_SHARE = 0.1;
const GRAM_SHARE = 0.05;

/** Standard deviation of the noise on a sum that has this share of the budget: shares of 1 / noise^2 add up. */
const noiseOf = (noise: number, share: number): number => noise / Math.sqrt(share);

export function fitPrivateFactors(
  input: PrivateFactorsInput,
  options: PrivateFactorsOptions,
): PrivateFactors {
  const { nItems, preference, priorOf } = input;
  const { nComponents: d, nSweeps, noise, normal, onProgress } = options;
  const weights = boundedWeights(preference);
  const counts = new Float64Array(nItems);
  weights.indices.forEach((item, p) => (counts[item] += weights.values[p]));
  addNoise(counts, noiseOf(noise, COUNTS_SHARE), normal);
  counts.forEach((count, item) => (counts[item] = Math.max(0, count)));

  const sweepShare = (1 - COUNTS_SHARE) / nSweeps;
  const rightNoise = noiseOf(noise, sweepShare * (1 - GRAM_SHARE));
  let h: Float64Array = input.start.slice();
  for (let sweep = 0; sweep < nSweeps; sweep++) {
    const users = solveUsers(preference, h, options);
    const gram = gramOf(users, d);
    addNoise(gram, noiseOf(noise, sweepShare * GRAM_SHARE), normal);
    const right = sumsOf(weights, users, nItems, d);
    addNoise(right, rightNoise, normal);
    h = solveItems({ counts, gram, right, rightNoise, prior: priorOf(h) }, options);
    onProgress?.((sweep + 1) / nSweeps);
  }
  const { values, rotated } = inEigenbasis(gramOf(h, d), [h], d);
  const ridge = Float64Array.from(values, (value) => options.alpha0 * Math.max(0, value));
  return { itemEmbeddings: rotated[0], ridge, counts };
}

/** How many numbers of noise a fit takes. */
export function privateSumsLength(nItems: number, nComponents: number, nSweeps: number): number {
  return nItems + nSweeps * (triangle(nComponents) + nItems * nComponents);
}

/** Preferences above 0, each user's scaled so that the squares sum to 1. */
function boundedWeights({ indptr, indices, values }: SparseRows): SparseRows {
  const scaled = values.map((value) => Math.max(0, value));
  for (let u = 0; u + 1 < indptr.length; u++) {
    let square = 0;
    for (let p = indptr[u]; p < indptr[u + 1]; p++) square += scaled[p] ** 2;
    for (let p = indptr[u]; p < indptr[u + 1]; p++) scaled[p] /= Math.sqrt(square) || 1;
  }
  return { indptr, indices, values: scaled };
}

/** Float64Array, row-major [nUsers, d]: embeddings as at serving, scaled to length 1; zeros without preferences. */
function solveUsers(
  { indptr, indices, values }: SparseRows,
  h: Float64Array,
  { nComponents: d, alpha0, userRegularization }: PrivateFactorsOptions,
): Float64Array {
  const nUsers = indptr.length - 1;
  const zeros = gramOf(h, d).map((value) => alpha0 * value);
  const out = new Float64Array(nUsers * d);
  const a = new Float64Array(triangle(d));
  for (let u = 0; u < nUsers; u++) {
    a.set(zeros);
    const w = out.subarray(u * d, (u + 1) * d);
    let total = (alpha0 * h.length) / d;
    for (let p = indptr[u]; p < indptr[u + 1]; p++) {
      const value = Math.max(0, values[p]);
      total += value;
      for (let f = 0, at = 0; f < d; f++) {
        const own = value * h[indices[p] * d + f];
        w[f] += own;
        for (let g = 0; g <= f; g++) a[at++] += own * h[indices[p] * d + g];
      }
    }
    solveSymmetric(a, w, userRegularization * total);
    const length = Math.hypot(...w);
    for (let f = 0; f < d; f++) w[f] /= length || 1;
  }
  return out;
}

/** Row-major [nItems, d]: weighted sums of the embeddings of each item's users. */
function sumsOf(
  { indptr, indices, values }: SparseRows,
  users: Float64Array,
  nItems: number,
  d: number,
): Float64Array {
  const sums = new Float64Array(nItems * d);
  for (let u = 0; u + 1 < indptr.length; u++)
    for (let p = indptr[u]; p < indptr[u + 1]; p++)
      for (let f = 0; f < d; f++) sums[indices[p] * d + f] += values[p] * users[u * d + f];
  return sums;
}

interface NoisySums {
  readonly counts: Float64Array;
  readonly gram: Float64Array;
  readonly right: Float64Array;
  readonly rightNoise: number;
  /** Row-major [nItems, nComponents]. */
  readonly prior: Float64Array;
}

/**
 * Row-major [nItems, d], in the eigenbasis of the users' Gram matrix, where every item's matrix is diagonal. What the
 * right-hand sides say beyond the prior is filtered by their noise in each direction (Wiener): the variance of the
 * signal is estimated from that of the sums, and a direction of noise alone is left to the prior.
 */
function solveItems(
  { counts, gram, right, rightNoise, prior }: NoisySums,
  { nComponents: d, alpha0 }: PrivateFactorsOptions,
): Float64Array {
  const { values, rotated } = inEigenbasis(gram, [right, prior], d);
  const [sides, own] = rotated;
  const nUsers = values.reduce((sum, value) => sum + Math.max(0, value), 1);
  const weightOf = (item: number, k: number) => Math.max(0, values[k]) * (alpha0 + counts[item] / nUsers);
  for (let k = 0; k < d; k++) {
    let signal = 0;
    let weight = 0;
    counts.forEach((_, item) => {
      const a = weightOf(item, k);
      signal += (sides[item * d + k] - a * own[item * d + k]) ** 2 - rightNoise ** 2;
      weight += a ** 2;
    });
    if (signal <= 0 || weight === 0) continue;
    const damping = (rightNoise ** 2 * weight) / signal;
    counts.forEach((_, item) => {
      const a = weightOf(item, k);
      const at = item * d + k;
      own[at] += (a * (sides[at] - a * own[at])) / (a ** 2 + damping);
    });
  }
  return own;
}

/** Lower triangle, row by row, of the Gram matrix of the rows. */
function gramOf(rows: Float64Array, d: number): Float64Array {
  const gram = new Float64Array(triangle(d));
  for (let start = 0; start < rows.length; start += d)
    for (let f = 0, at = 0; f < d; f++)
      for (let g = 0; g <= f; g++) gram[at++] += rows[start + f] * rows[start + g];
  return gram;
}

/** Eigenvalues of a Gram matrix, and rows rotated to its eigenbasis. */
function inEigenbasis(gram: Float64Array, matrices: readonly Float64Array[], d: number) {
  const full = new Float64Array(d * d);
  for (let f = 0, at = 0; f < d; f++) for (let g = 0; g <= f; g++) full[f * d + g] = gram[at++];
  const { values, vectors } = symmetricEigen(full, d);
  const rotated = matrices.map((rows) => {
    const out = new Float64Array(rows.length);
    for (let start = 0; start < rows.length; start += d)
      for (let k = 0; k < d; k++)
        for (let f = 0; f < d; f++) out[start + k] += rows[start + f] * vectors[k * d + f];
    return out;
  });
  return { values, rotated };
}

function addNoise(sums: Float64Array, deviation: number, normal: () => number): void {
  for (let at = 0; at < sums.length; at++) sums[at] += deviation * normal();
}

function triangle(n: number): number {
  return (n * (n + 1)) / 2;
}
