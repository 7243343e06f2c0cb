/** Users whose scores are those of their training rows, folded into a model. */
import type { History, Interactions, RecommenderModel } from '../factorization/index.js';
import { cut, foldIn, pick, scoreAll } from '../factorization/index.js';

/** Plain data, so that threads can share the users. */
export interface FoldedUsers {
  readonly model: RecommenderModel;
  readonly train: Interactions;
  /** Int32Array [nUsers]: -1 for users without a persona. */
  readonly personas: Int32Array;
  /** Time of the requests, see `UserContext`. */
  readonly now?: number;
  /**
   * Int32Array [nItems], for a model of a different catalogue: its index of each item, ascending, -1 for unknown items,
   * which score lowest.
   */
  readonly itemIndex?: Int32Array;
}

/** Float32Array [nItems] of a user's scores; overwritten by the next call. */
export function foldedScores({
  model,
  train,
  personas,
  now,
  itemIndex,
}: FoldedUsers): (user: number) => Float32Array {
  const theirs = new Float32Array(model.nItems);
  const scoresOf = (user: number, history: History) =>
    scoreAll(model, foldIn(model, history, { personaIndex: personas[user], now }), theirs);
  if (itemIndex === undefined)
    return (user) => scoresOf(user, cut(train, train.indptr[user], train.indptr[user + 1]));
  const out = new Float32Array(itemIndex.length);
  return (user) => {
    const entries: number[] = [];
    for (let entry = train.indptr[user]; entry < train.indptr[user + 1]; entry++) {
      if (itemIndex[train.indices[entry]] >= 0) entries.push(entry);
    }
    const picked = pick(train, entries);
    scoresOf(user, { ...picked, indices: picked.indices.map((item) => itemIndex[item]) });
    const least = theirs.reduce((a, b) => Math.min(a, b), Infinity);
    for (let item = 0; item < out.length; item++) {
      out[item] = itemIndex[item] < 0 ? least - 1 : theirs[itemIndex[item]];
    }
    return out;
  };
}
