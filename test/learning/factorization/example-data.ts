/** Small data sets with known structure. */
import { createRandom } from '../../../server/learning/linalg/index.js';
import type { History, RecommenderInput } from '../../../server/learning/factorization/index.js';

export const LIKE_STRENGTH = 6;

/** A history of likes and dislikes. */
export function historyOf(likes: readonly number[], dislikes: readonly number[] = []): History {
  const entries = [...likes.map((i) => [i, 1]), ...dislikes.map((i) => [i, -1])].sort((a, b) => a[0] - b[0]);
  return {
    indices: Int32Array.from(entries, ([item]) => item),
    strength: Float32Array.from(entries, ([, opinion]) => (opinion > 0 ? LIKE_STRENGTH : 0)),
    opinion: Int8Array.from(entries, ([, opinion]) => opinion),
    purchased: new Uint8Array(entries.length),
  };
}

export function inputOf(
  histories: readonly History[],
  nItems: number,
  options: { itemFeatures?: readonly (readonly number[])[]; userPersona?: readonly number[] } = {},
): RecommenderInput {
  const indptr = new Int32Array(histories.length + 1);
  histories.forEach((history, u) => (indptr[u + 1] = indptr[u] + history.indices.length));
  const rows = options.itemFeatures ?? Array.from({ length: nItems }, () => []);
  const featurePtr = new Int32Array(nItems + 1);
  rows.forEach((row, i) => (featurePtr[i + 1] = featurePtr[i] + row.length));
  const userPersona = Int32Array.from(options.userPersona ?? histories.map(() => -1));
  return {
    interactions: {
      indptr,
      indices: Int32Array.from(histories.flatMap((history) => [...history.indices])),
      strength: Float32Array.from(histories.flatMap((history) => [...history.strength])),
      opinion: Int8Array.from(histories.flatMap((history) => [...history.opinion])),
      purchased: Uint8Array.from(histories.flatMap((history) => [...history.purchased])),
    },
    nItems,
    itemFeatures: {
      indptr: featurePtr,
      indices: Int32Array.from(rows.flat()),
      nFeatures: Math.max(-1, ...rows.flat()) + 1,
    },
    userPersona,
    nPersonas: Math.max(-1, ...userPersona) + 1,
  };
}

/** Even users like even items and odd users odd items, but nobody has met the item with their own number yet. */
export function checkerboard(n: number): History[] {
  return Array.from({ length: n }, (_, u) =>
    historyOf(Array.from({ length: n }, (_, i) => i).filter((i) => i % 2 === u % 2 && i !== u)),
  );
}

/** Users of `nGroups` tastes; item i belongs to group i % nGroups, and most likes go to one's own group. */
export function tastes(options: {
  nUsers: number;
  nItems: number;
  nGroups: number;
  seed: number;
}): History[] {
  const { nUsers, nItems, nGroups } = options;
  const random = createRandom(options.seed);
  return Array.from({ length: nUsers }, (_, u) => {
    const likes = new Set<number>();
    const dislikes = new Set<number>();
    for (let n = 0; n < 14; n++) {
      const group = random.next() < 0.8 ? u % nGroups : random.int(nGroups);
      const item = group + nGroups * random.int(Math.floor(nItems / nGroups));
      if (group === u % nGroups) likes.add(item);
      else if (!likes.has(item)) dislikes.add(item);
    }
    return historyOf(
      [...likes],
      [...dislikes].filter((item) => !likes.has(item)),
    );
  });
}

/** The result of a generator. */
export function completed<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
