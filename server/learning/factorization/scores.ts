/**
 * Scores items for a folded-in user. The score of item j,
 *
 *   score_j = h_j.(g * w)  +  related_j - f(dislikeWeight * repelled_j)  +  sequenceWeight * followed_j
 *             +  popularityWeight * popularity_j  +  newness * (newcomerWeight * share_j + companionWeight *
 *             accompanied_j)  +  recentPopularityWeight * r * recent_j,
 *
 * with g the weights of the directions, larger for principal directions, and larger for short histories, related_j =
 * sum of a_i S_ij over preferences, repelled_j = sum of S_ij over dislikes, accompanied_j = the sum of |a_i| E_ij / (10 +
 * sum of |a_i|) over both, and followed_j = sum of d^rank D_ij over preferences, rank counted from the latest and fading
 * with absence (absence.ts, as is r), is a sum over the history: `explain` splits it into two contributions per entry
 * (its own, and its recency in the sequence term), plus the persona's and the popularity's. f bounds the effect of
 * dislikes on an item by the effect of likes plus a small share of the rest: a user with a disliked book still chose a
 * book of that kind, and is likelier to like a similar book than a random book.
 */
import { returnShare } from './absence.js';
import { companionRow, companionShare } from './companions.js';
import { newness } from './popularity.js';
import { workspaceOf } from './workspace.js';

import type { SparseRows } from '../linalg/index.js';
import type { UserState } from './fold-in.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { RecommenderModel } from './model.js';

/**
 * Share of the effect of dislikes beyond the effect of likes that still counts, so that every dislike has an effect.
 */
const BEYOND_SHARE = 0.05;

/** Scores of all items, Float32Array [nItems], written to `out` if given. */
export function scoreAll(
  model: RecommenderModel,
  state: UserState,
  out: Float32Array = new Float32Array(model.nItems),
): Float32Array {
  multiplyItems(model, tasteOf(model, state), out);
  const popularity = popularityFor(model, state);
  for (let j = 0; j < out.length; j++) out[j] += popularity(j);
  addHistory(model, state, out);
  return out;
}

/** Scores of some items, equal to those of `scoreAll`: Float32Array [items.length]. Each item comes once. */
export function scoreItems(model: RecommenderModel, state: UserState, items: Int32Array): Float32Array {
  const { kernels, itemEmbeddings, scores } = workspaceOf(model);
  const { arena } = kernels;
  const mark = arena.mark();
  const indices = arena.int32(Math.ceil(items.length / 4) * 4);
  indices.set(items);
  const products = arena.float32(indices.length);
  kernels.multiplySome(itemEmbeddings, indices, arena.copyFloat32(tasteOf(model, state)), products);
  const popularity = popularityFor(model, state);
  for (let k = 0; k < items.length; k++) {
    scores[items[k]] = products[k];
    scores[items[k]] += popularity(items[k]);
  }
  arena.release(mark);
  addHistory(model, state, scores, items);
  return Float32Array.from(items, (item) => scores[item]);
}

/** The items whose score depends on single entries of the history, and these others: each once, in any order. */
export function neighboursOf(
  model: RecommenderModel,
  state: UserState,
  others: Iterable<number>,
): Int32Array {
  const { isMarked } = workspaceOf(model);
  const found: number[] = [];
  const add = (item: number) => {
    if (isMarked[item] === 1) return;
    isMarked[item] = 1;
    found.push(item);
  };
  const addRow = ({ indptr, indices }: SparseRows, row: number) => {
    for (let q = indptr[row]; q < indptr[row + 1]; q++) add(indices[q]);
  };
  const hasCompanions = model.companions.indices.length > 0;
  state.indices.forEach((item, p) => {
    addRow(model.itemToItem, item);
    addRow(model.sequence, item);
    if (hasCompanions) addRow(model.companions, companionRow(item, state.preference[p]));
  });
  for (const item of others) add(item);
  for (const item of found) isMarked[item] = 0;
  return Int32Array.from(found);
}

/** g * w, Float32Array [nComponents]: its product with an item's embedding is the learnt part of the score. */
export function tasteOf(model: RecommenderModel, state: UserState): Float32Array {
  return directionWeights(model, state).map((weight, f) => weight * state.embedding[f]);
}

/** out [n, nItems] = the products of n vectors with the items' embeddings. */
function multiplyItems(model: RecommenderModel, vectors: Float32Array, out: Float32Array): void {
  const { kernels, itemEmbeddings } = workspaceOf(model);
  const { arena } = kernels;
  const mark = arena.mark();
  const products = arena.float32(out.length);
  const n = out.length / model.nItems;
  kernels.multiplyVectors(itemEmbeddings, model.nItems, arena.copyFloat32(vectors), n, products);
  out.set(products);
  arena.release(mark);
}

/** g, Float32Array [nComponents]. */
export function directionWeights(model: RecommenderModel, state: UserState): Float32Array {
  const { factorWeight, principalWeight } = model.hyperParameters;
  const boost = shortHistoryBoost(model, state);
  return Float32Array.from(
    workspaceOf(model).isPrincipal,
    (isPrincipal) => boost * (factorWeight + principalWeight * isPrincipal),
  );
}

function shortHistoryBoost({ hyperParameters }: RecommenderModel, { likes }: UserState): number {
  return boostOf(likes, hyperParameters);
}

/** Factor on the factorisation's weight for a user with this many likes. */
export function boostOf(
  likes: number,
  { shortHistoryBoost: boost }: Pick<HyperParameters, 'shortHistoryBoost'>,
) {
  return 1 + boost / Math.max(likes, 1);
}

/** Contribution of popularity to an item's score for this user. */
export function popularityFor(model: RecommenderModel, state: UserState): (item: number) => number {
  const { popularity, shares, recentPopularity } = model;
  const weights = popularityWeights(model, state);
  return (item) =>
    weights.popularity * popularity[item] +
    weights.shares * shares[item] +
    weights.recentPopularity * recentPopularity[item];
}

/** Weights of the arrays of the same name. */
export function popularityWeights(
  { hyperParameters }: RecommenderModel,
  { likes, absence }: UserState,
): Record<'popularity' | 'shares' | 'recentPopularity', number> {
  return {
    popularity: hyperParameters.popularityWeight,
    shares: hyperParameters.newcomerWeight * newness(likes),
    recentPopularity: hyperParameters.recentPopularityWeight * returnShare(absence, hyperParameters),
  };
}

export function companionWeightFor({ hyperParameters }: RecommenderModel, { likes }: UserState): number {
  return hyperParameters.companionWeight * newness(likes);
}

/** Adds what the entries of the history add to single items: to all items, or at least to these. */
function addHistory(model: RecommenderModel, state: UserState, out: Float32Array, items?: Int32Array): void {
  addNeighbours(model, state, out, items);
  addFollowers(model, state, model.hyperParameters.sequenceWeight, out);
  addCompanions(model, state, companionWeightFor(model, state), out);
}

/** Adds the effect of likes on neighbouring items, and subtracts the effect of dislikes. */
function addNeighbours(
  model: RecommenderModel,
  state: UserState,
  out: Float32Array,
  items: Int32Array = workspaceOf(model).allItems,
): void {
  if (!state.preference.some((value) => value < 0)) {
    gather(model, state, 1, out);
    return;
  }
  const { related, repelled } = workspaceOf(model);
  for (const j of items) related[j] = repelled[j] = 0;
  gather(model, state, 1, related);
  gather(model, state, -1, repelled);
  const { dislikeWeight } = model.hyperParameters;
  for (const j of items) out[j] += related[j] - takenFrom(related[j], dislikeWeight * repelled[j]);
}

/** out += the item-to-item rows of preferences (`sign` 1) or dislikes (-1), by strength. */
function gather({ itemToItem }: RecommenderModel, state: UserState, sign: 1 | -1, out: Float32Array): void {
  addRows(itemToItem, state.indices, state.preference, sign, out);
}

/** out += the sequence rows of preferences, weighted by recency. */
function addFollowers(
  { sequence }: RecommenderModel,
  state: UserState,
  sequenceWeight: number,
  out: Float32Array,
): void {
  addRows(sequence, state.indices, state.following, sequenceWeight, out);
}

/** out += the companions of all opinions, by strength, relative to the number of opinions. */
function addCompanions(
  { companions }: RecommenderModel,
  { indices, preference }: UserState,
  weight: number,
  out: Float32Array,
): void {
  if (companions.indices.length === 0) return;
  const rows = indices.map((item, p) => companionRow(item, preference[p]));
  addRows(companions, rows, preference.map(Math.abs), weight * companionShare(preference), out);
}

/** out += scale * weights[p] * row of items[p], for products above 0. */
function addRows(
  { indptr, indices, values }: SparseRows,
  items: Int32Array,
  weights: Float32Array,
  scale: number,
  out: Float32Array,
): void {
  for (let p = 0; p < items.length; p++) {
    const weight = scale * weights[p];
    if (weight <= 0) continue;
    const end = indptr[items[p] + 1];
    for (let q = indptr[items[p]]; q < end; q++) out[indices[q]] += weight * values[q];
  }
}

/** Effective reduction by `repelled` for an item that likes have raised by `related`. */
export function takenFrom(related: number, repelled: number): number {
  const given = Math.max(related, 0);
  return repelled <= given ? repelled : given + BEYOND_SHARE * (repelled - given);
}

/** Score parts before weighting; each Float32Array, row-major [nStates, nItems]. */
export interface ScoreParts {
  /** h_j.w, without the boost of a short history. */
  readonly learnt: Float32Array;
  /** h_j.w over the principal directions only. */
  readonly principal: Float32Array;
  /** Effect of preferences through the item-to-item term. */
  readonly related: Float32Array;
  /** Effect of dislikes at weight 1. */
  readonly repelled: Float32Array;
  /** Effect of the sequence term at weight 1. */
  readonly followed: Float32Array;
  /** Effect of opinions through the companions at weight 1. */
  readonly accompanied: Float32Array;
}

/** The summands of `scoreAll` except popularity, for several users at once, which reads the embeddings once. */
export function scoreParts(model: RecommenderModel, states: readonly UserState[]): ScoreParts {
  const { nItems } = model;
  const { isPrincipal } = workspaceOf(model);
  const d = model.hyperParameters.nComponents;
  const vectors = new Float32Array(states.length * d);
  states.forEach((state, row) => {
    vectors.set(state.embedding, row * d);
  });
  const part = () => new Float32Array(states.length * nItems);
  const parts = {
    ...{ learnt: part(), principal: part(), related: part(), repelled: part() },
    ...{ followed: part(), accompanied: part() },
  };
  multiplyItems(model, vectors, parts.learnt);
  for (let p = 0; p < vectors.length; p++) vectors[p] *= isPrincipal[p % d];
  multiplyItems(model, vectors, parts.principal);
  states.forEach((state, row) => {
    const own = (rows: Float32Array) => rows.subarray(row * nItems, (row + 1) * nItems);
    gather(model, state, 1, own(parts.related));
    gather(model, state, -1, own(parts.repelled));
    addFollowers(model, state, 1, own(parts.followed));
    addCompanions(model, state, 1, own(parts.accompanied));
  });
  return parts;
}
