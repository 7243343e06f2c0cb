/**
 * The scores of validation users in parts, where they matter: at the items that may come into a list, whatever the
 * weights, and for the order of all the rest at a sample of the others. So that a weight costs next to nothing to try.
 */
import { topN } from '../linalg/index.js';
import { boostOf, foldIn, scoreParts, takenFrom } from './fold-in.js';
import { newness } from './popularity.js';

import type { FittedModel } from './fit-model.js';
import type { ScoreParts } from './fold-in.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { ValidationUser } from './validation.js';

/** Parts of one user's scores at some items; six arrays of one length. */
export interface PartsAt extends ScoreParts {
  /** Int32Array, ascending. */
  readonly items: Int32Array;
}

export interface ScoredUser {
  readonly relevant: Int32Array;
  readonly isCold: boolean;
  readonly likes: number;
  /** What may come into the list. */
  readonly candidates: PartsAt;
  /** Of some warm users: items to be found, and what they should come before. */
  readonly order: { readonly wanted: PartsAt; readonly others: PartsAt } | null;
}

/** So many of the best by what is learnt, by what is related, by what follows, by the whole score and by popularity are candidates. */
const POOL = 30;
/** Users scored together. */
const BLOCK = 16;
/** The order of all items is looked at for every so many warm users, */
const ORDER_STRIDE = 5;
/** so many of the items to be found, */
const MAX_WANTED = 10;
/** and about so many of the others. */
const MAX_OTHERS = 250;

/** Writes the scores of the items of `parts`, of a user with so many likes, to `out`. */
export type Blend = (parts: PartsAt, likes: number, out: Float32Array) => void;

type Weights = Pick<
  HyperParameters,
  | 'newcomerWeight'
  | 'fashionWeight'
  | 'shortHistoryBoost'
  | 'factorWeight'
  | 'principalWeight'
  | 'dislikeWeight'
  | 'popularityWeight'
  | 'esteemPower'
  | 'sequenceWeight'
>;

/** Scores from their parts, as `scoreAll` has them under these weights. */
export function blendBy({ model, esteem }: FittedModel, weights: Weights): Blend {
  const { factorWeight, principalWeight, dislikeWeight, popularityWeight, esteemPower, sequenceWeight } =
    weights;
  const { popularity, shares, fashion } = model;
  // The neighbours' columns carry the power they were fitted with.
  const rescale = esteem.map((value) => value ** (esteemPower - model.hyperParameters.esteemPower));
  return ({ items, learnt, principal, related, repelled, followed }, likes, out) => {
    const boost = boostOf(likes, weights);
    const newcomerWeight = weights.newcomerWeight * newness(likes);
    for (let k = 0; k < out.length; k++) {
      const item = items[k];
      const taken = repelled[k] === 0 ? 0 : takenFrom(related[k], dislikeWeight * repelled[k]);
      const broad = boost * (factorWeight * learnt[k] + principalWeight * principal[k]);
      const liked = newcomerWeight * shares[item] + weights.fashionWeight * fashion[item];
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
  const popular = union([topN(model.popularity, POOL), topN(model.fashion, POOL)]);
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
