/**
 * Weights item features by their relevance to taste. Rare features get more weight than frequent features (inverse
 * document frequency), and features of items liked together more than features of unrelated items: most words of a
 * catalogue are irrelevant to taste. This is measured as lift: the number of pairs of a user's items with the feature
 * in common, over the number expected if users chose at random among items of the same popularity.
 */
import type { SparseRows } from '../linalg/index.js';

/** Prior lift of a feature, and the number of expected pairs it weighs as much as. */
const PRIOR_LIFT = 3;
const PRIOR_PAIRS = 1;

interface FeatureRows extends Omit<SparseRows, 'values'> {
  readonly nFeatures: number;
}

/**
 * Float64Array [nFeatures]: idf * sqrt(log lift), 0 for features with no more common pairs than expected. `features` is
 * [nItems, nFeatures] without repeats, `preference` [nUsers, nItems].
 */
export function featureWeights(features: FeatureRows, preference: SparseRows): Float64Array {
  const nItems = features.indptr.length - 1;
  const counts = new Int32Array(features.nFeatures);
  for (const feature of features.indices) counts[feature]++;
  const { together, expected } = pairsInCommon(features, preference);
  return Float64Array.from(counts, (count, f) => {
    const lift = (together[f] + PRIOR_PAIRS * PRIOR_LIFT) / (expected[f] + PRIOR_PAIRS);
    return count === 0 ? 0 : Math.log(nItems / count) * Math.sqrt(Math.max(0, Math.log(lift)));
  });
}

/** Ordered pairs of different items of the same user that share each feature: observed and expected counts. */
function pairsInCommon({ indptr, indices, nFeatures }: FeatureRows, preference: SparseRows) {
  const nItems = indptr.length - 1;
  const together = new Float64Array(nFeatures);
  const popularity = new Float64Array(nItems);
  const ofUser = new Int32Array(nFeatures);
  let likes = 0;
  let pairs = 0;
  for (let u = 0; u + 1 < preference.indptr.length; u++) {
    let n = 0;
    for (let p = preference.indptr[u]; p < preference.indptr[u + 1]; p++) {
      if (preference.values[p] <= 0) continue;
      const item = preference.indices[p];
      popularity[item]++;
      n++;
      // The k-th item with a feature makes 2 (k - 1) pairs with the items before it.
      for (let q = indptr[item]; q < indptr[item + 1]; q++) together[indices[q]] += 2 * ofUser[indices[q]]++;
    }
    for (let p = preference.indptr[u]; p < preference.indptr[u + 1]; p++) {
      const item = preference.indices[p];
      for (let q = indptr[item]; q < indptr[item + 1]; q++) ofUser[indices[q]] = 0;
    }
    likes += n;
    pairs += n * (n - 1);
  }
  const sums = new Float64Array(nFeatures);
  const squares = new Float64Array(nFeatures);
  for (let i = 0; i < nItems; i++) {
    for (let q = indptr[i]; q < indptr[i + 1]; q++) {
      sums[indices[q]] += popularity[i];
      squares[indices[q]] += popularity[i] ** 2;
    }
  }
  const expected = sums.map((sum, f) => (likes === 0 ? 0 : (pairs * (sum ** 2 - squares[f])) / likes ** 2));
  return { together, expected };
}
