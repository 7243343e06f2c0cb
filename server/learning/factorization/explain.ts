/** Splits a score into what each entry of the history, the persona and the popularity of the item add to it. */
import { InvalidShapeError } from '../errors.js';
import { companionRow, companionShare } from './companions.js';
import { solveUser, userLambda } from './fold-in.js';
import { companionWeightFor, directionWeights, popularityFor, takenFrom } from './scores.js';
import { targetOf } from './signals.js';

import type { SparseRows } from '../linalg/index.js';
import type { UserState } from './fold-in.js';
import type { RecommenderModel } from './model.js';

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

function dotAt(x: Float32Array, rows: Float32Array, start: number): number {
  let sum = 0;
  for (let f = 0; f < x.length; f++) sum += x[f] * rows[start + f];
  return sum;
}
