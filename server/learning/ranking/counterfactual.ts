/** The place of an item in a user's ranking, with the whole history and with an entry removed. */
import { foldIn, itemsFrom, pick } from '../factorization/index.js';

import type {
  History,
  RecommenderModel,
  ScoredItems,
  UserContext,
  UserState,
} from '../factorization/index.js';

export interface CounterfactualInput {
  readonly history: History;
  /** The state of this history. */
  readonly state: UserState;
  /** The item to find in the ranking. */
  readonly itemIndex: number;
  /** The entry to leave out. */
  readonly entry: number;
  readonly isAllowed: (itemIndex: number) => boolean;
  readonly context: UserContext;
}

/** Rank, from 1, and score. */
interface Place {
  readonly rank: number;
  readonly score: number;
}

/** Throws InvalidShapeError for an unknown item. */
export function counterfactual(
  model: RecommenderModel,
  { history, state, itemIndex, entry, isAllowed, context }: CounterfactualInput,
): { before: Place; after: Place } {
  const others = Array.from(history.indices.keys()).filter((p) => p !== entry);
  const without = foldIn(model, pick(history, others), context);
  const place = (of: UserState) => placeOf(itemsFrom(model, of, itemIndex), itemIndex, isAllowed);
  return { before: place(state), after: place(without) };
}

/** Ties go to the lower index, as in a list. */
function placeOf(
  { items, scores }: ScoredItems,
  itemIndex: number,
  isAllowed: (itemIndex: number) => boolean,
): Place {
  const score = scores[items.indexOf(itemIndex)];
  let rank = 1;
  items.forEach((other, k) => {
    const isAbove = scores[k] > score || other < itemIndex;
    if (isAbove && isAllowed(other)) rank += 1;
  });
  return { rank, score };
}
