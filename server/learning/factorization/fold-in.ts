/**
 * Folds a user in: the same function for new users, existing users and after each thumb.
 *
 * A user's embedding is the exact minimiser of the training objective with the items held fixed: w = A^-1 (sum c r h_i
 * + lambda P x), A = diag(ridge) + sum c h_i h_i' + lambda I. scores.ts scores the items for it.
 */
import { InvalidShapeError } from '../errors.js';
import { absenceOf, latestOf, visitShare } from './absence.js';
import { lambdaOf } from './factors.js';
import {
  KNOWN_TIME_FROM,
  preferenceOf,
  checkHistory,
  ranksFromEnd,
  remainderOf,
  targetOf,
} from './signals.js';
import { workspaceOf } from './workspace.js';

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

export function userLambda(
  { nTrainedItems, hyperParameters }: RecommenderModel,
  preference: Float32Array,
): number {
  let confidence = 0;
  for (const value of preference) confidence += targetOf(value, hyperParameters).confidence;
  return lambdaOf(confidence, nTrainedItems, hyperParameters.userRegularization, hyperParameters);
}

/** The user's embedding; with `rightHandSide`, A^-1 times it. The returned view is overwritten by the next call. */
export function solveUser(
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
