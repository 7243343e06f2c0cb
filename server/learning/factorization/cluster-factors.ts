/**
 * The factorisation of factors.ts with the users on a cluster: the same alternation from the same start, so the
 * same factors up to rounding. A sweep solves the users where their rows are, sums the items' normal equations over
 * them, and solves those. Users' embeddings are neither returned nor kept: each sweep computes them from the items.
 */
import { createFeaturePrior } from './feature-prior.js';
import {
  MIN_LAMBDA,
  createBasis,
  initialEmbeddings,
  lambdaOf,
  sweepsOf,
  writePersonaMeans,
} from './factors.js';
import { HALF_STRENGTH, PURCHASE_STRENGTH } from './signals.js';

import type { Kernels } from '../kernels/index.js';
import type { Factors, FactorsInput, FactorsOptions } from './factors.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ObservationRules, UserCluster } from './user-cluster.js';

export function fitClusterFactors(
  kernels: Kernels,
  cluster: UserCluster,
  input: Omit<FactorsInput, 'preference'>,
  options: FactorsOptions,
): Factors {
  const { arena } = kernels;
  const { hyperParameters, seed, start, onProgress } = options;
  const { nComponents: d, alpha0, itemRegularization, personaShrinkage } = hyperParameters;
  const { nItems, userPersona, nPersonas } = input;
  const nSweeps = sweepsOf(options);
  const mark = arena.mark();

  const counts = cluster.begin({ userPersona, nPersonas, rules: rulesOf(hyperParameters) });
  const lambda = arena.copyFloat32(
    Float32Array.from(counts.itemConfidence, (confidence) =>
      lambdaOf(confidence, counts.nUsers, itemRegularization, hyperParameters),
    ),
  );
  const featurePrior = createFeaturePrior(kernels, input.features, input.nFeatures, lambda, d);
  const basis = createBasis(kernels, d, alpha0);
  const h = start === undefined ? initialEmbeddings(kernels, input, d, seed) : arena.copyFloat32(start);
  const priors = arena.float32((nPersonas + 1) * d);
  const itemPrior = arena.float32(nItems * d);
  for (let sweep = 0; sweep < nSweeps; sweep++) {
    basis.diagonalize(h, nItems, [priors]);
    const users = cluster.solveUsers({ itemEmbeddings: h, ridge: basis.ridge, personaPriors: priors });
    writePersonaMeans(users, personaShrinkage, priors);
    onProgress?.((sweep + 0.5) / nSweeps);
    featurePrior.fit(h);
    featurePrior.predict(itemPrior);
    h.set(cluster.solveItems({ shared: sharedBy(users.gram, d, alpha0), lambda, prior: itemPrior }));
    // As in factors.ts, where the items are solved in the users' eigenbasis: it decides the signs of the directions.
    basis.diagonalizeGram(arena.copyFloat32(users.gram), [h, priors]);
    onProgress?.((sweep + 1) / nSweeps);
  }
  basis.diagonalize(h, nItems, [priors]);
  const fitted = Object.freeze({
    itemEmbeddings: Float32Array.from(h),
    ridge: Float32Array.from(basis.ridge),
    personaPriors: Float32Array.from(priors),
  });
  arena.release(mark);
  return fitted;
}

function rulesOf({
  implicitWeight,
  dislikeConfidence,
  userRegularization,
  alpha0,
}: HyperParameters): ObservationRules {
  return {
    ...{ implicitWeight, dislikeConfidence, userRegularization, alpha0 },
    ...{ halfStrength: HALF_STRENGTH, purchaseStrength: PURCHASE_STRENGTH, minLambda: MIN_LAMBDA },
  };
}

/** Both triangles of alpha0 times the Gram matrix whose lower triangle is given. */
function sharedBy(gram: Float32Array, d: number, alpha0: number): Float32Array {
  const shared = new Float32Array(d * d);
  for (let f = 0; f < d; f++)
    for (let g = 0; g <= f; g++) shared[f * d + g] = shared[g * d + f] = alpha0 * gram[f * d + g];
  return shared;
}
