/**
 * How much each item feature says about taste. A rare feature says more than a frequent one (inverse document
 * frequency), and one whose items are liked together says more than one whose items share nothing else: a catalogue is
 * full of words, and its users tell which of them matter. That is measured as lift: pairs of a user's items that have
 * the feature in common, over the pairs there would be if users chose at random among items of the same popularity.
 */
import type { SparseRows } from '../linalg/index.js';

/** Lift of a feature that nobody's items have told anything about yet, and how many expected pairs outweigh that. */
const PRIOR_LIFT = 3;
const PRIOR_PAIRS = 1;

interface FeatureRows extends Omit<SparseRows, 'values'> {
  readonly nFeatures: number;
}

/**
 * Float64Array [nFeatures]: idf * sqrt(log lift), 0 where a feature brings nobody's items together. `features` is
 * [nItems, nFeatures] without repeats, `attraction` [nUsers, nItems].
 */
export function featureWeights(features: FeatureRows, attraction: SparseRows): Float64Array {
  const nItems = features.indptr.length - 1;
  const counts = new Int32Array(features.nFeatures);
  for (const feature of features.indices) counts[feature]++;
  const { together, expected } = pairsInCommon(features, attraction);
  return Float64Array.from(counts, (count, f) => {
    const lift = (together[f] + PRIOR_PAIRS * PRIOR_LIFT) / (expected[f] + PRIOR_PAIRS);
    return count === 0 ? 0 : Math.log(nItems / count) * Math.sqrt(Math.max(0, Math.log(lift)));
  });
}

/** Ordered pairs of different items, liked by one user, that share each feature: as they are, and as chance has them. */
function pairsInCommon({ indptr, indices, nFeatures }: FeatureRows, attraction: SparseRows) {
  const nItems = indptr.length - 1;
  const together = new Float64Array(nFeatures);
  const popularity = new Float64Array(nItems);
  const ofUser = new Int32Array(nFeatures);
  let likes = 0;
  let pairs = 0;
  for (let u = 0; u + 1 < attraction.indptr.length; u++) {
    let n = 0;
    for (let p = attraction.indptr[u]; p < attraction.indptr[u + 1]; p++) {
      if (attraction.values[p] <= 0) continue;
      const item = attraction.indices[p];
      popularity[item]++;
      n++;
      // The k-th item with a feature makes 2 (k - 1) pairs with those before it.
      for (let q = indptr[item]; q < indptr[item + 1]; q++) together[indices[q]] += 2 * ofUser[indices[q]]++;
    }
    for (let p = attraction.indptr[u]; p < attraction.indptr[u + 1]; p++) {
      const item = attraction.indices[p];
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
