/**
 * The users' rows on a cluster, which holds its own copy of them. The items' side of a fit stays here and is small; what
 * it needs of the users are sums over all of them.
 */
import type { PersonaSums } from './factors.js';
import type { HyperParameters } from './hyper-parameters.js';

/** Calls block until the cluster has answered, and throw Error with its reason if it failed. */
export interface UserCluster {
  /** Begins a fit; the calls below belong to the fit that was begun last. */
  begin(fit: ClusterFit): ClusterCounts;
  /** Solves all users for the given items. The solutions stay on the cluster. */
  solveUsers(step: UserStep): UserSums;
  /** Solves all items for the users of the last step. Returns Float32Array, row-major [nItems, nComponents]. */
  solveItems(step: ItemStep): Float32Array;
}

export interface ClusterFit {
  /** Int32Array [nUsers]: -1 for users without a persona. */
  readonly userPersona: Int32Array;
  readonly nPersonas: number;
  readonly rules: ObservationRules;
}

/** How rows become observations and users' lambdas: see `preferenceOf`, `targetOf` and `lambdaOf`. */
export interface ObservationRules extends Pick<
  HyperParameters,
  'implicitWeight' | 'dislikeConfidence' | 'userRegularization' | 'alpha0'
> {
  readonly halfStrength: number;
  readonly purchaseStrength: number;
  readonly minLambda: number;
}

export interface ClusterCounts {
  /** Number of users whose rows the cluster holds. */
  readonly nUsers: number;
  /** Float64Array [nItems]: sum of the confidences of each item's observations. */
  readonly itemConfidence: Float64Array;
}

export interface UserStep {
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly itemEmbeddings: Float32Array;
  /** Float32Array [nComponents]: the diagonal shared by all users. */
  readonly ridge: Float32Array;
  /** Float32Array, row-major [nPersonas + 1, nComponents]. */
  readonly personaPriors: Float32Array;
}

export interface UserSums extends PersonaSums {
  /** Float32Array [nComponents, nComponents], lower triangle: the Gram matrix of the users' embeddings. */
  readonly gram: Float32Array;
}

export interface ItemStep {
  /** Float32Array [nComponents, nComponents]: the matrix shared by all items. */
  readonly shared: Float32Array;
  /** Float32Array [nItems]: pull towards the prior. */
  readonly lambda: Float32Array;
  /** Float32Array, row-major [nItems, nComponents]. */
  readonly prior: Float32Array;
}
