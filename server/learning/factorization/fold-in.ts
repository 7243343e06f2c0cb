/**
 * One function from a history to scores, for new users, old ones and everyone after a thumb.
 *
 * A user's embedding is the exact minimiser of the training objective with the items held fixed:
 * w = A^-1 (sum c r h_i + lambda P x), A = diag(ridge) + sum c h_i h_i' + lambda I. So the score of item j,
 *
 *   score_j = factorWeight * h_j.w  +  sum_i a_i S_ij  +  popularityWeight * popularity_j,
 *
 * is linear in what the history says: `explain` splits it into one contribution per entry of the history, one for
 * the persona and one for popularity, which add up to the score.
 */
import { InvalidShapeError } from '../errors.js';
import { createKernels } from '../kernels/index.js';
import { lambdaOf } from './factors.js';
import { attractionOf, checkHistory, targetOf } from './signals.js';

import type { Kernels } from '../kernels/index.js';
import type { RecommenderModel } from './model.js';
import type { History } from './signals.js';

export interface UserContext {
  /** The user's persona; -1 or absent where none is known. */
  readonly personaIndex?: number;
}

/** A user as one model sees them. Plain data, never stored: it is recomputed when history or model change. */
export interface UserState {
  /** Float32Array [nComponents]. */
  readonly embedding: Float32Array;
  /** Int32Array [nHistory]: item indices, in the order of the history. */
  readonly indices: Int32Array;
  /** Float32Array [nHistory]: attraction of each item, negative for a dislike. */
  readonly attraction: Float32Array;
  /** Row of the persona priors. */
  readonly priorRow: number;
}

export interface ScoreExplanation {
  /** What the persona adds, for a user the history does not yet fully describe. */
  readonly persona: number;
  readonly popularity: number;
  /** Float32Array [nHistory]: what each entry of the history adds, in its order. */
  readonly contributions: Float32Array;
  /** Their sum, which is the score. */
  readonly total: number;
}

/** A model's arrays in kernel memory. */
interface Workspace {
  readonly kernels: Kernels;
  readonly itemEmbeddings: Float32Array;
  readonly ridge: Float32Array;
  readonly personaPriors: Float32Array;
  /** Float32Array [nItems]. */
  readonly scores: Float32Array;
}

const workspaces = new WeakMap<RecommenderModel, Workspace>();

/**
 * Throws InvalidShapeError for an item index or persona the model does not have, and for arrays of different
 * lengths; NotFiniteError for a strength that is not finite.
 */
export function foldIn(model: RecommenderModel, history: History, context: UserContext = {}): UserState {
  checkHistory(history, model.nItems);
  const { indices, strength, opinion, purchased } = history;
  const attraction = new Float32Array(indices.length);
  for (let p = 0; p < indices.length; p++) {
    attraction[p] = attractionOf(
      { strength: strength[p], opinion: opinion[p], purchased: purchased[p] },
      model.hyperParameters,
    );
  }
  const personaIndex = context.personaIndex ?? -1;
  if (personaIndex >= model.nPersonas)
    throw new InvalidShapeError(`The model has no persona ${personaIndex}.`);
  const priorRow = personaIndex < 0 ? model.nPersonas : personaIndex;
  const user = { indices: indices.slice(), attraction, priorRow };
  const embedding = solveUser(model, user).slice();
  return Object.freeze({ ...user, embedding });
}

/** Scores of all items, Float32Array [nItems], written to `out` when given. */
export function scoreAll(
  model: RecommenderModel,
  state: UserState,
  out: Float32Array = new Float32Array(model.nItems),
): Float32Array {
  const { factorWeight, popularityWeight } = model.hyperParameters;
  const { kernels, itemEmbeddings, scores } = workspaceOf(model);
  const { arena } = kernels;
  const mark = arena.mark();
  const w = arena.float32(state.embedding.length);
  for (let f = 0; f < w.length; f++) w[f] = factorWeight * state.embedding[f];
  kernels.multiplyVector(itemEmbeddings, model.nItems, w.length, w, scores);
  arena.release(mark);
  out.set(scores);
  for (let j = 0; j < out.length; j++) out[j] += popularityWeight * model.popularity[j];
  const { indptr, indices, values } = model.itemToItem;
  for (let p = 0; p < state.indices.length; p++) {
    const weight = itemToItemWeight(state.attraction[p], model);
    if (weight === 0) continue;
    const end = indptr[state.indices[p] + 1];
    for (let q = indptr[state.indices[p]]; q < end; q++) out[indices[q]] += weight * values[q];
  }
  return out;
}

/** A score before its weights; each Float32Array [nItems]. */
export interface ScoreParts {
  /** h_j.w */
  readonly learnt: Float32Array;
  /** What attractions add through the item-to-item term. */
  readonly related: Float32Array;
  /** What dislikes take at weight 1. */
  readonly repelled: Float32Array;
}

/** Overwrites `out` with the parts that `scoreAll` adds up, popularity aside. */
export function scoreParts(model: RecommenderModel, state: UserState, out: ScoreParts): void {
  const { kernels, itemEmbeddings, scores } = workspaceOf(model);
  const mark = kernels.arena.mark();
  const w = kernels.arena.copyFloat32(state.embedding);
  kernels.multiplyVector(itemEmbeddings, model.nItems, w.length, w, scores);
  kernels.arena.release(mark);
  out.learnt.set(scores);
  out.related.fill(0);
  out.repelled.fill(0);
  const { indptr, indices, values } = model.itemToItem;
  for (let p = 0; p < state.indices.length; p++) {
    const attraction = state.attraction[p];
    const to = attraction < 0 ? out.repelled : out.related;
    for (let q = indptr[state.indices[p]]; q < indptr[state.indices[p] + 1]; q++) {
      to[indices[q]] += Math.abs(attraction) * values[q];
    }
  }
}

/** Where the score of one item comes from. Throws InvalidShapeError for an item the model does not have. */
export function explain(model: RecommenderModel, state: UserState, itemIndex: number): ScoreExplanation {
  if (!(itemIndex >= 0 && itemIndex < model.nItems))
    throw new InvalidShapeError(`The model has no item ${itemIndex}.`);
  const { nComponents: d, factorWeight, popularityWeight } = model.hyperParameters;
  const item = model.itemEmbeddings.subarray(itemIndex * d, itemIndex * d + d);
  const pull = solveUser(model, state, item);
  const contributions = new Float32Array(state.indices.length);
  let total = 0;
  for (let p = 0; p < contributions.length; p++) {
    const i = state.indices[p];
    const { target, confidence } = targetOf(state.attraction[p], model.hyperParameters);
    const learnt =
      target * confidence === 0
        ? 0
        : factorWeight * confidence * target * dotAt(pull, model.itemEmbeddings, i * d);
    const related = itemToItemWeight(state.attraction[p], model) * itemToItemValue(model, i, itemIndex);
    contributions[p] = learnt + related;
    total += contributions[p];
  }
  const lambda = userLambda(model, state.attraction);
  const persona = factorWeight * lambda * dotAt(pull, model.personaPriors, state.priorRow * d);
  const popularity = popularityWeight * model.popularity[itemIndex];
  return { persona, popularity, contributions, total: total + persona + popularity };
}

/** Weight of an entry's item-to-item row. */
function itemToItemWeight(attraction: number, { hyperParameters }: RecommenderModel): number {
  return attraction < 0 ? -hyperParameters.dislikeWeight : attraction;
}

function itemToItemValue({ itemToItem }: RecommenderModel, from: number, to: number): number {
  const at = itemToItem.indices.subarray(itemToItem.indptr[from], itemToItem.indptr[from + 1]).indexOf(to);
  return at < 0 ? 0 : itemToItem.values[itemToItem.indptr[from] + at];
}

function userLambda({ nItems, hyperParameters }: RecommenderModel, attraction: Float32Array): number {
  let confidence = 0;
  for (const value of attraction) confidence += targetOf(value, hyperParameters).confidence;
  return lambdaOf(confidence, nItems, hyperParameters.userRegularization, hyperParameters);
}

/** The user's embedding; with `rightHandSide`, A^-1 times that instead. A view that the next call overwrites. */
function solveUser(
  model: RecommenderModel,
  user: Pick<UserState, 'indices' | 'attraction' | 'priorRow'>,
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
    const entry = targetOf(user.attraction[p], model.hyperParameters);
    if (entry.confidence === 0) continue;
    indices[top] = user.indices[p];
    confidence[top] = entry.confidence;
    target[top++] = rightHandSide === undefined ? entry.target : 0;
  }
  const indptr = arena.int32(2);
  indptr[1] = top;
  const lambda = arena.float32(1);
  lambda[0] = userLambda(model, user.attraction);
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
      scores: arena.float32(model.nItems),
    };
    workspaces.set(model, workspace);
  }
  return workspace;
}

function dotAt(x: Float32Array, rows: Float32Array, start: number): number {
  let sum = 0;
  for (let f = 0; f < x.length; f++) sum += x[f] * rows[start + f];
  return sum;
}
