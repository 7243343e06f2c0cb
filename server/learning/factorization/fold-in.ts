/**
 * Scores items for a user's history: the same function for new users, existing users and after each thumb.
 *
 * A user's embedding is the exact minimiser of the training objective with the items held fixed: w = A^-1 (sum c r h_i
 * + lambda P x), A = diag(ridge) + sum c h_i h_i' + lambda I. So the score of item j,
 *
 *   score_j = h_j.(g * w)  +  related_j - f(dislikeWeight * repelled_j)  +  sequenceWeight * followed_j
 *             +  popularityWeight * popularity_j  +  newness * (newcomerWeight * share_j + companionWeight *
 *             accompanied_j)  +  recentPopularityWeight * r * recent_j,
 *
 * with g the weights of the directions, larger for principal directions, and larger for short histories, related_j =
 * sum of a_i S_ij over preferences, repelled_j = sum of S_ij over dislikes, accompanied_j = the sum of |a_i| E_ij / (10 + sum
 * of |a_i|) over both, and followed_j = sum of d^rank D_ij over preferences, rank counted from the latest and fading with absence (absence.ts, as is r), is a sum over the history: `explain` splits it into two contributions per
 * entry (its own, and its recency in the sequence term), plus the persona's and the popularity's. f bounds the effect
 * of dislikes on an item by the effect of likes plus a small share of the rest: a user with a disliked book still chose
 * a book of that kind, and is likelier to like a similar book than a random book.
 */
import { InvalidShapeError } from '../errors.js';
import { createKernels } from '../kernels/index.js';
import { absenceOf, latestOf, returnShare, visitShare } from './absence.js';
import { companionRow, companionShare } from './companions.js';
import { lambdaOf } from './factors.js';
import { newness } from './popularity.js';
import {
  KNOWN_TIME_FROM,
  preferenceOf,
  checkHistory,
  ranksFromEnd,
  remainderOf,
  targetOf,
} from './signals.js';

import type { Kernels } from '../kernels/index.js';
import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { RecommenderModel } from './model.js';
import type { History } from './signals.js';

export interface UserContext {
  /** The user's persona; -1 or absent if unknown. */
  readonly personaIndex?: number;
  /**
   * Time of the request, ms since the epoch, Infinity for any time after the model's training. Absent: right after the
   * user's latest interaction.
   */
  readonly now?: number;
}

/** A user's state in a model. Plain data, never stored: it is recomputed when history or model change. */
export interface UserState {
  /** Float32Array [nComponents]. */
  readonly embedding: Float32Array;
  /** Int32Array [nHistory]: item indices, in the order of the history. */
  readonly indices: Int32Array;
  /** Float32Array [nHistory]: preference of each item, negative for a dislike. */
  readonly preference: Float32Array;
  /** Float32Array [nHistory]: weight of each entry in the sequence term, 0 for a dislike. */
  readonly following: Float32Array;
  /** Sum of the preferences without ageing. */
  readonly likes: number;
  /** Days from the user's latest interaction to the request, see `absenceOf`. */
  readonly absence: number;
  /** Row of the persona priors. */
  readonly priorRow: number;
}

export interface ScoreExplanation {
  /** Contribution of the persona, which matters most for short histories. */
  readonly persona: number;
  readonly popularity: number;
  /** Float32Array [nHistory]: contribution of each entry, in the order of the history. */
  readonly contributions: Float32Array;
  /** Float32Array [nHistory]: contribution of each entry through the sequence term. */
  readonly sequence: Float32Array;
  /** The sum of all contributions, equal to the score. */
  readonly total: number;
}

/** A model's arrays in kernel memory. */
interface Workspace {
  readonly kernels: Kernels;
  readonly itemEmbeddings: Float32Array;
  readonly ridge: Float32Array;
  readonly personaPriors: Float32Array;
  /** Float32Array [nItems]. */
  readonly related: Float32Array;
  readonly repelled: Float32Array;
  /** Uint8Array [nComponents]: 1 for the directions of largest variance among items. */
  readonly isPrincipal: Uint8Array;
}

/** Number of principal directions, which describe broad taste rather than single items. */
const N_PRINCIPAL = 16;
/**
 * Share of the effect of dislikes beyond the effect of likes that still counts, so that every dislike has an effect.
 */
const BEYOND_SHARE = 0.05;

const workspaces = new WeakMap<RecommenderModel, Workspace>();

/**
 * Throws InvalidShapeError for an unknown item index or persona, and for arrays of different lengths; NotFiniteError
 * for a strength that is not finite.
 */
export function foldIn(model: RecommenderModel, history: History, context: UserContext = {}): UserState {
  checkHistory(history, model.nItems);
  const lastAt = latestOf(history.at);
  const absence = absenceOf({
    ...{ lastAt, now: context.now ?? lastAt, recordedUntil: model.recordedUntil },
    isNew: context.now !== undefined && history.indices.length === 0,
  });
  const weighed = weighHistory(history, { hyperParameters: model.hyperParameters, absence });
  const personaIndex = context.personaIndex ?? -1;
  if (personaIndex >= model.nPersonas)
    throw new InvalidShapeError(`The model has no persona ${personaIndex}.`);
  const priorRow = personaIndex < 0 ? model.nPersonas : personaIndex;
  const user = { indices: history.indices.slice(), ...weighed, absence, priorRow };
  const embedding = solveUser(model, user).slice();
  return Object.freeze({ ...user, embedding });
}

/**
 * Weights entries by age, since tastes drift. Age is relative to the user's latest interaction, so time without
 * interactions changes nothing.
 */
function weighHistory(
  { strength, opinion, purchased, at }: History,
  { hyperParameters, absence }: { hyperParameters: HyperParameters; absence: number },
): Pick<UserState, 'preference' | 'following' | 'likes'> {
  const latest = latestOf(at);
  const visit = visitShare(absence);
  const fresh = Float32Array.from(strength, (_, p) =>
    preferenceOf({ strength: strength[p], opinion: opinion[p], purchased: purchased[p] }, hyperParameters),
  );
  const ranks = ranksFromEnd(at, fresh);
  const ageOf = (p: number) => (at !== undefined && at[p] >= KNOWN_TIME_FROM ? latest - at[p] : 0);
  return {
    preference: fresh.map(
      (value, p) => value * remainderOf({ age: ageOf(p), rank: ranks[p] }, hyperParameters),
    ),
    likes: fresh.reduce((sum, value) => sum + Math.max(value, 0), 0),
    following: fresh.map(
      (value, p) => visit * Math.max(value, 0) * hyperParameters.sequenceDecay ** ranks[p],
    ),
  };
}

/** Scores of all items, Float32Array [nItems], written to `out` if given. */
export function scoreAll(
  model: RecommenderModel,
  state: UserState,
  out: Float32Array = new Float32Array(model.nItems),
): Float32Array {
  multiplyItems(
    model,
    directionWeights(model, state).map((weight, f) => weight * state.embedding[f]),
    out,
  );
  const popularity = popularityFor(model, state);
  for (let j = 0; j < out.length; j++) out[j] += popularity(j);
  addNeighbours(model, state, out);
  addFollowers(model, state, model.hyperParameters.sequenceWeight, out);
  addCompanions(model, state, companionWeightFor(model, state), out);
  return out;
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
function directionWeights(model: RecommenderModel, state: UserState): Float32Array {
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
function popularityFor(model: RecommenderModel, { likes, absence }: UserState): (item: number) => number {
  const { popularity, shares, recentPopularity, hyperParameters } = model;
  const { popularityWeight } = hyperParameters;
  const recentPopularityWeight =
    hyperParameters.recentPopularityWeight * returnShare(absence, hyperParameters);
  const newcomerWeight = hyperParameters.newcomerWeight * newness(likes);
  return (item) =>
    popularityWeight * popularity[item] +
    newcomerWeight * shares[item] +
    recentPopularityWeight * recentPopularity[item];
}

function companionWeightFor({ hyperParameters }: RecommenderModel, { likes }: UserState): number {
  return hyperParameters.companionWeight * newness(likes);
}

/** Adds the effect of likes on neighbouring items, and subtracts the effect of dislikes. */
function addNeighbours(model: RecommenderModel, state: UserState, out: Float32Array): void {
  if (!state.preference.some((value) => value < 0)) {
    gather(model, state, 1, out);
    return;
  }
  const { related, repelled } = workspaceOf(model);
  gather(model, state, 1, related.fill(0));
  gather(model, state, -1, repelled.fill(0));
  const { dislikeWeight } = model.hyperParameters;
  for (let j = 0; j < out.length; j++)
    out[j] += related[j] - takenFrom(related[j], dislikeWeight * repelled[j]);
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

/** Explains the score of an item. Throws InvalidShapeError for an unknown item. */
export function explain(model: RecommenderModel, state: UserState, itemIndex: number): ScoreExplanation {
  if (!(itemIndex >= 0 && itemIndex < model.nItems))
    throw new InvalidShapeError(`The model has no item ${itemIndex}.`);
  const { nComponents: d, sequenceWeight } = model.hyperParameters;
  const item = model.itemEmbeddings.subarray(itemIndex * d, itemIndex * d + d);
  const weighed = directionWeights(model, state).map((weight, f) => weight * item[f]);
  const pull = solveUser(model, state, weighed);
  const contributions = new Float32Array(state.indices.length);
  const sequence = new Float32Array(state.indices.length);
  const dislikeWeight = dislikeWeightFor(model, state, itemIndex);
  const companionWeight = companionWeightFor(model, state) * companionShare(state.preference);
  let total = 0;
  for (let p = 0; p < contributions.length; p++) {
    const i = state.indices[p];
    const { target, confidence } = targetOf(state.preference[p], model.hyperParameters);
    const learnt =
      target * confidence === 0 ? 0 : confidence * target * dotAt(pull, model.itemEmbeddings, i * d);
    const weight = state.preference[p] < 0 ? -dislikeWeight : state.preference[p];
    const companion = valueAt(model.companions, companionRow(i, state.preference[p]), itemIndex);
    contributions[p] =
      learnt +
      weight * valueAt(model.itemToItem, i, itemIndex) +
      companionWeight * Math.abs(state.preference[p]) * companion;
    sequence[p] = sequenceWeight * state.following[p] * valueAt(model.sequence, i, itemIndex);
    total += contributions[p] + sequence[p];
  }
  const lambda = userLambda(model, state.preference);
  const persona = lambda * dotAt(pull, model.personaPriors, state.priorRow * d);
  const popularity = popularityFor(model, state)(itemIndex);
  return { persona, popularity, contributions, sequence, total: total + persona + popularity };
}

/** Weight of a dislike for an item: the total effect of dislikes, shared out evenly. */
function dislikeWeightFor(model: RecommenderModel, state: UserState, itemIndex: number): number {
  let related = 0;
  let repelled = 0;
  for (let p = 0; p < state.indices.length; p++) {
    const value = valueAt(model.itemToItem, state.indices[p], itemIndex);
    if (state.preference[p] < 0) repelled += value;
    else related += state.preference[p] * value;
  }
  const { dislikeWeight } = model.hyperParameters;
  return repelled === 0 ? 0 : takenFrom(related, dislikeWeight * repelled) / repelled;
}

function valueAt({ indptr, indices, values }: SparseRows, row: number, column: number): number {
  const at = indices.subarray(indptr[row], indptr[row + 1]).indexOf(column);
  return at < 0 ? 0 : values[indptr[row] + at];
}

function userLambda({ nTrainedItems, hyperParameters }: RecommenderModel, preference: Float32Array): number {
  let confidence = 0;
  for (const value of preference) confidence += targetOf(value, hyperParameters).confidence;
  return lambdaOf(confidence, nTrainedItems, hyperParameters.userRegularization, hyperParameters);
}

/** The user's embedding; with `rightHandSide`, A^-1 times it. The returned view is overwritten by the next call. */
function solveUser(
  model: RecommenderModel,
  user: Pick<UserState, 'indices' | 'preference' | 'priorRow'>,
  rightHandSide?: Float32Array,
): Float32Array {
  const { kernels, itemEmbeddings, ridge, personaPriors } = workspaceOf(model);
  const { arena } = kernels;
  const d = ridge.length;
  const n = user.indices.length;
  const mark = arena.mark();
  const out = arena.float32(d);
  const indices = arena.int32(n);
  const confidence = arena.float32(n);
  const target = arena.float32(n);
  let top = 0;
  for (let p = 0; p < n; p++) {
    const entry = targetOf(user.preference[p], model.hyperParameters);
    if (entry.confidence === 0) continue;
    indices[top] = user.indices[p];
    confidence[top] = entry.confidence;
    target[top++] = rightHandSide === undefined ? entry.target : 0;
  }
  const indptr = arena.int32(2);
  indptr[1] = top;
  const lambda = arena.float32(1);
  lambda[0] = userLambda(model, user.preference);
  let prior = personaPriors.subarray(user.priorRow * d, user.priorRow * d + d);
  if (rightHandSide !== undefined) {
    prior = arena.float32(d);
    for (let f = 0; f < d; f++) prior[f] = rightHandSide[f] / lambda[0];
  }
  kernels.solveRows({
    from: 0,
    to: 1,
    indptr,
    indices,
    confidence,
    target,
    factors: itemEmbeddings,
    nComponents: d,
    ridge,
    lambda,
    prior,
    out,
  });
  arena.release(mark);
  return out;
}

function workspaceOf(model: RecommenderModel): Workspace {
  let workspace = workspaces.get(model);
  if (workspace === undefined) {
    const kernels = createKernels();
    const { arena } = kernels;
    workspace = {
      kernels,
      itemEmbeddings: arena.copyFloat32(model.itemEmbeddings),
      ridge: arena.copyFloat32(model.ridge),
      personaPriors: arena.copyFloat32(model.personaPriors),
      related: new Float32Array(model.nItems),
      repelled: new Float32Array(model.nItems),
      isPrincipal: principalDirections(model.ridge),
    };
    workspaces.set(model, workspace);
  }
  return workspace;
}

/** The directions of the largest eigenvalues. */
function principalDirections(ridge: Float32Array): Uint8Array {
  const isPrincipal = new Uint8Array(ridge.length);
  const byEigenvalue = Array.from(ridge.keys()).sort((a, b) => ridge[b] - ridge[a] || a - b);
  for (const f of byEigenvalue.slice(0, N_PRINCIPAL)) isPrincipal[f] = 1;
  return isPrincipal;
}

function dotAt(x: Float32Array, rows: Float32Array, start: number): number {
  let sum = 0;
  for (let f = 0; f < x.length; f++) sum += x[f] * rows[start + f];
  return sum;
}
