import { describe, expect, it } from 'vitest';

import { fitClusterFactors } from '../../../server/learning/factorization/cluster-factors.js';
import { fitFactors } from '../../../server/learning/factorization/factors.js';
import { completeHyperParameters } from '../../../server/learning/factorization/index.js';
import type { UserCluster } from '../../../server/learning/factorization/index.js';
import { preferenceRows } from '../../../server/learning/factorization/signals.js';
import { createKernels } from '../../../server/learning/kernels/index.js';
import { transpose } from '../../../server/learning/linalg/index.js';
import type { SparseRows } from '../../../server/learning/linalg/index.js';
import { inputOf, tastes } from './example-data.js';

const [N_USERS, N_ITEMS, D] = [200, 50, 8];
const HYPER_PARAMETERS = completeHyperParameters({ nComponents: D, dislikeConfidence: 0.4 });
const INPUT = inputOf(tastes({ nUsers: N_USERS, nItems: N_ITEMS, nGroups: 3, seed: 4 }), N_ITEMS, {
  itemFeatures: Array.from({ length: N_ITEMS }, (_, item) => [item % 3]),
  userPersona: Array.from({ length: N_USERS }, (_, user) => (user % 4) - 1),
});

/** A cluster in this process that keeps users in halves and adds the halves' sums up. */
function clusterOf(preference: SparseRows): UserCluster {
  const kernels = createKernels({ backend: 'typescript' });
  const { arena } = kernels;
  const confidence = Float32Array.from(preference.values, (value) => (value < 0 ? 0.4 : value));
  const target = Float32Array.from(preference.values, (value) => (value < 0 ? 0 : 1));
  const users = arena.float32(N_USERS * D);
  let personas = new Int32Array(0);
  let lambda = new Float32Array(0);
  return {
    begin({ userPersona, nPersonas, rules }) {
      personas = userPersona.map((persona) => (persona < 0 ? nPersonas : persona));
      lambda = Float32Array.from({ length: N_USERS }, (_, user) => {
        const own = confidence.subarray(preference.indptr[user], preference.indptr[user + 1]);
        const total = own.reduce((sum, value) => sum + value, rules.alpha0 * N_ITEMS);
        return Math.max(rules.minLambda, rules.userRegularization * total);
      });
      const itemConfidence = new Float64Array(N_ITEMS);
      preference.indices.forEach((item, p) => (itemConfidence[item] += confidence[p]));
      return { nUsers: N_USERS, itemConfidence };
    },
    solveUsers({ itemEmbeddings, ridge, personaPriors }) {
      const gram = new Float32Array(D * D);
      for (const [from, to] of [
        [0, N_USERS / 2],
        [N_USERS / 2, N_USERS],
      ]) {
        kernels.solveRows({
          ...{ ...preference, confidence, target, from, to, lambda, ridge },
          ...{
            factors: itemEmbeddings,
            nComponents: D,
            prior: personaPriors,
            priorRow: personas,
            out: users,
          },
        });
        const half = new Float32Array(D * D);
        kernels.accumulateGram(users.subarray(from * D, to * D), to - from, D, half);
        half.forEach((value, at) => (gram[at] += value));
      }
      const nPersonas = personaPriors.length / D - 1;
      const sums = new Float64Array(personaPriors.length);
      const counts = new Float64Array(nPersonas + 1);
      personas.forEach((persona, user) => {
        if (preference.indptr[user] === preference.indptr[user + 1]) return;
        for (const row of new Set([persona, nPersonas])) {
          counts[row]++;
          for (let f = 0; f < D; f++) sums[row * D + f] += users[user * D + f];
        }
      });
      return { gram, sums, counts };
    },
    solveItems({ shared, lambda: pull, prior }) {
      const columns = transpose(preference, N_ITEMS);
      const out = new Float32Array(N_ITEMS * D);
      for (let item = 0; item < N_ITEMS; item++) {
        const a = shared.slice();
        const x = out.subarray(item * D, (item + 1) * D);
        for (let f = 0; f < D; f++) {
          a[f * D + f] += pull[item];
          x[f] = pull[item] * prior[item * D + f];
        }
        for (let p = columns.indptr[item]; p < columns.indptr[item + 1]; p++) {
          const value = columns.values[p];
          const weight = value < 0 ? 0.4 : value;
          const w = users.subarray(columns.indices[p] * D, (columns.indices[p] + 1) * D);
          for (let f = 0; f < D; f++) {
            if (value > 0) x[f] += weight * w[f];
            for (let g = 0; g < D; g++) a[f * D + g] += weight * w[f] * w[g];
          }
        }
        kernels.cholesky(a, D);
        kernels.choleskySolve(a, D, x);
      }
      return out;
    },
  };
}

describe('a factorisation with the users on a cluster', () => {
  it.each([undefined, 0.1])('has the factors of one in this process, from start %s', (scale) => {
    const preference = preferenceRows(INPUT.interactions, N_ITEMS, HYPER_PARAMETERS);
    const features = {
      indptr: INPUT.itemFeatures.indptr,
      indices: INPUT.itemFeatures.indices,
      values: new Float32Array(N_ITEMS).fill(1),
    };
    const { userPersona, nPersonas } = INPUT;
    const sides = { nItems: N_ITEMS, features, nFeatures: 3, userPersona, nPersonas };
    const start =
      scale === undefined
        ? undefined
        : Float32Array.from({ length: N_ITEMS * D }, (_, at) => scale * Math.sin(at));
    const options = { hyperParameters: HYPER_PARAMETERS, seed: 2, start };
    const expected = fitFactors(createKernels(), { ...sides, preference }, options);
    const found = fitClusterFactors(createKernels(), clusterOf(preference), sides, options);
    for (const name of ['itemEmbeddings', 'ridge', 'personaPriors'] as const) {
      expect(found[name]).toHaveLength(expected[name].length);
      found[name].forEach((value, at) => expect(Math.abs(value - expected[name][at])).toBeLessThan(1e-4));
    }
  });
});
