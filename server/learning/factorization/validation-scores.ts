/**
 * Scores of validation users in parts, so that weights are cheap to try. Only candidates are scored, the items that may
 * enter the list under any weights, plus a sample of the remaining items to measure their order.
 */
import { topN } from '../linalg/index.js';
import { boostOf, foldIn, scoreParts, takenFrom } from './fold-in.js';
import { newness } from './popularity.js';

import type { FittedModel } from './fit-model.js';
import type { ScoreParts } from './fold-in.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ValidationUser } from './validation.js';

/** Score parts of a user at some items; arrays of equal length. */
export interface PartsAt extends ScoreParts {
  /** Int32Array, ascending. */
  readonly items: Int32Array;
}

export interface ScoredUser {
  readonly relevant: Int32Array;
  readonly isCold: boolean;
  readonly likes: number;
  /** Items that may enter the list. */
  readonly candidates: PartsAt;
  /** Items to be found, and a sample of the items to rank below them; null except for some warm users. */
  readonly order: { readonly wanted: PartsAt; readonly others: PartsAt } | null;
}

/** Number of candidates taken by each of: learnt part, related part, followed part, whole score, and popularity. */
const POOL = 30;
/** Users scored together. */
const BLOCK = 16;
/** The order of all items is measured for every n-th warm user, */
const ORDER_STRIDE = 5;
/** on this many of the items to be found, */
const MAX_WANTED = 10;
/** and about this many of the remaining items. */
const MAX_OTHERS = 250;

/** Writes the scores of the items of `parts`, for a user with this many likes, to `out`. */
export type Blend = (parts: PartsAt, likes: number, out: Float32Array) => void;

type Weights = Pick<
  HyperParameters,
  | 'newcomerWeight'
  | 'recentPopularityWeight'
  | 'shortHistoryBoost'
  | 'factorWeight'
  | 'principalWeight'
  | 'dislikeWeight'
  | 'popularityWeight'
  | 'likeRatePower'
  | 'sequenceWeight'
>;

/** Blends score parts like `scoreAll` under these weights. */
export function blendBy({ model, likeRate }: FittedModel, weights: Weights): Blend {
  const { factorWeight, principalWeight, dislikeWeight, popularityWeight, likeRatePower, sequenceWeight } =
    weights;
  const { popularity, shares, recentPopularity } = model;
  // The item-to-item columns include the power of the like rate of their fit.
  const rescale = likeRate.map((value) => value ** (likeRatePower - model.hyperParameters.likeRatePower));
  return ({ items, learnt, principal, related, repelled, followed }, likes, out) => {
    const boost = boostOf(likes, weights);
    const newcomerWeight = weights.newcomerWeight * newness(likes);
    for (let k = 0; k < out.length; k++) {
      const item = items[k];
      const taken = repelled[k] === 0 ? 0 : takenFrom(related[k], dislikeWeight * repelled[k]);
      const broad = boost * (factorWeight * learnt[k] + principalWeight * principal[k]);
      const liked = newcomerWeight * shares[item] + weights.recentPopularityWeight * recentPopularity[item];
      const near = rescale[item] * (related[k] - taken) + sequenceWeight * followed[k];
      out[k] = broad + near + popularityWeight * popularity[item] + liked;
    }
  };
}

export function scoreUsers(
  fitted: FittedModel,
  users: readonly ValidationUser[],
  { onProgress, withOrder = true }: { onProgress?: (fraction: number) => void; withOrder?: boolean } = {},
): ScoredUser[] {
  const { model } = fitted;
  const { nItems } = model;
  const popular = union([topN(model.popularity, POOL), topN(model.recentPopularity, POOL)]);
  const blend = blendBy(fitted, model.hyperParameters);
  const items = Int32Array.from({ length: nItems }, (_, item) => item);
  const scores = new Float32Array(nItems);
  const isSeen = new Uint8Array(nItems);
  const isAllowed = (item: number) => isSeen[item] === 0;
  let warm = 0;
  const scored: ScoredUser[] = [];
  for (let from = 0; from < users.length; from += BLOCK) {
    const block = users.slice(from, from + BLOCK);
    const states = block.map(({ history, personaIndex }) => foldIn(model, history, { personaIndex }));
    const parts = scoreParts(model, states);
    block.forEach(({ history, relevant, isCold }, row) => {
      const own = { items, ...mapParts(parts, (part) => part.subarray(row * nItems, (row + 1) * nItems)) };
      for (const item of history.indices) isSeen[item] = 1;
      const { likes } = states[row];
      blend(own, likes, scores);
      const pools = [scores, own.learnt, own.related, own.followed].map((by) => topN(by, POOL, isAllowed));
      const hasOrder = withOrder && !isCold && warm++ % ORDER_STRIDE === 0;
      scored.push({
        ...{ relevant, isCold, likes },
        candidates: at(own, union([popular.filter(isAllowed), ...pools])),
        order: hasOrder ? orderOf(own, relevant, isAllowed) : null,
      });
      for (const item of history.indices) isSeen[item] = 0;
    });
    onProgress?.((from + block.length) / users.length);
  }
  return scored;
}

/** Ascending. */
function union(lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let top = 0;
  for (const list of lists) {
    all.set(list, top);
    top += list.length;
  }
  all.sort();
  return all.filter((item, k) => k === 0 || item !== all[k - 1]);
}

function orderOf(parts: PartsAt, relevant: Int32Array, isAllowed: (item: number) => boolean) {
  const stride = Math.ceil(parts.items.length / MAX_OTHERS);
  const others = Int32Array.from({ length: Math.floor(parts.items.length / stride) }, (_, k) => k * stride);
  return {
    wanted: at(parts, relevant.slice(0, MAX_WANTED)),
    others: at(
      parts,
      others.filter((item) => isAllowed(item) && !relevant.includes(item)),
    ),
  };
}

function at(parts: PartsAt, items: Int32Array): PartsAt {
  return {
    items,
    ...mapParts(parts, (part) => {
      const picked = new Float32Array(items.length);
      for (let k = 0; k < picked.length; k++) picked[k] = part[items[k]];
      return picked;
    }),
  };
}

function mapParts(parts: ScoreParts, change: (part: Float32Array) => Float32Array): ScoreParts {
  const { learnt, principal, related, repelled, followed } = parts;
  return {
    learnt: change(learnt),
    principal: change(principal),
    related: change(related),
    repelled: change(repelled),
    followed: change(followed),
  };
}
