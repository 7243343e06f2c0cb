/** Peers that need no library: each gives the scores of all items for a history. */

import type { History, Interactions, RecommenderInput } from '../../../server/learning/index.js';

type Peer = (history: History) => Float32Array;

const DAY_MS = 86_400_000;
const NEIGHBOURS = 50;
/** What an item of the history counts for, per item that came after it. */
const RANK_DECAY = 0.9;
/** The usual constants of BM25 as a weighting of interactions. */
const [K1, B] = [100, 0.8];

export function popularity({ interactions, nItems }: RecommenderInput): Peer {
  return constant(countsSince(interactions, nItems, -Infinity));
}

export function recentPopularity({ interactions, nItems }: RecommenderInput, days: number): Peer {
  const latest = interactions.at!.reduce((a, b) => Math.max(a, b), 0);
  return constant(countsSince(interactions, nItems, latest - days * DAY_MS));
}

/** Which item came right after which, as a share of what came after; the last item of a history tells. */
export function markov({ interactions, nItems }: RecommenderInput): Peer {
  const next = Array.from({ length: nItems }, () => new Map<number, number>());
  for (let user = 0; user + 1 < interactions.indptr.length; user++) {
    const items = inOrder(interactions, interactions.indptr[user], interactions.indptr[user + 1]);
    for (let k = 1; k < items.length; k++) add(next[items[k - 1]], items[k], 1);
  }
  const popular = countsSince(interactions, nItems, -Infinity).map((count) => count * 1e-6);
  return (history) => {
    const scores = popular.slice();
    const items = inOrder(history, 0, history.indices.length);
    const row = next[items[items.length - 1]] ?? new Map<number, number>();
    for (const [item, count] of row) scores[item] += count;
    return scores;
  };
}

/** BM25 item neighbours, the latest items of a history counting most. */
export function bm25({ interactions, nItems }: RecommenderInput): Peer {
  const { indptr, indices, opinion } = interactions;
  const nUsers = indptr.length - 1;
  const lists = Array.from({ length: nItems }, () => [] as { user: number; weight: number }[]);
  const likes = Array.from({ length: nUsers }, () => [] as number[]);
  for (let user = 0; user < nUsers; user++)
    for (let p = indptr[user]; p < indptr[user + 1]; p++) if (opinion[p] > 0) likes[user].push(indices[p]);
  const counts = countsSince(interactions, nItems, -Infinity);
  const meanCount = counts.reduce((a, b) => a + b, 0) / nItems;
  likes.forEach((items, user) => {
    // A user of few likes says more with each.
    const idf = Math.log(nItems / (1 + items.length));
    for (const item of items) {
      const weight = (idf * (K1 + 1)) / (K1 * (1 - B + (B * counts[item]) / meanCount) + 1);
      lists[item].push({ user, weight });
    }
  });
  const weightOf = likes.map((items) => new Float32Array(items.length));
  const filled = new Int32Array(nUsers);
  lists.forEach((own) => own.forEach(({ user, weight }) => (weightOf[user][filled[user]++] = weight)));
  const sums = new Float32Array(nItems);
  const rows = lists.map((own, item) => {
    sums.fill(0);
    for (const { user, weight } of own)
      likes[user].forEach((other, k) => (sums[other] += weight * weightOf[user][k]));
    const best = [...sums.keys()].filter((other) => other !== item && sums[other] > 0);
    best.sort((a, b) => sums[b] - sums[a] || a - b);
    return best.slice(0, NEIGHBOURS).map((other) => ({ other, value: sums[other] }));
  });
  return (history) => {
    const scores = new Float32Array(nItems);
    const items = inOrder(history, 0, history.indices.length).reverse();
    items.forEach((item, rank) => {
      for (const { other, value } of rows[item]) scores[other] += value * RANK_DECAY ** rank;
    });
    return scores;
  };
}

function constant(scores: Float32Array): Peer {
  return () => scores;
}

function countsSince({ indices, opinion, at }: Interactions, nItems: number, since: number): Float32Array {
  const counts = new Float32Array(nItems);
  for (let p = 0; p < indices.length; p++) if (opinion[p] > 0 && at![p] >= since) counts[indices[p]]++;
  return counts;
}

/** What was liked, in the order of time. */
function inOrder({ indices, opinion, at }: History, from: number, to: number): number[] {
  const entries: number[] = [];
  for (let p = from; p < to; p++) if (opinion[p] > 0) entries.push(p);
  return entries.sort((p, q) => at![p] - at![q] || p - q).map((p) => indices[p]);
}

function add(counts: Map<number, number>, key: number, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
