/**
 * Scores of validation users in parts, so that weights are cheap to try. Only candidates are scored, the items that may
 * enter the list under any weights, plus a sample of the remaining items to measure their order.
 */
import { runParts, sharedFloat32, sharedFloat64, sharedInt32 } from '../kernels/index.js';
import { topN } from '../linalg/index.js';
import { foldIn } from './fold-in.js';
import { boostOf, scoreParts, takenFrom } from './scores.js';
import { returnShare } from './absence.js';
import { newness } from './popularity.js';
import { cut, joinHistories } from './signals.js';

import type { KernelThreads, SharedTask } from '../kernels/index.js';
import type { FittedModel } from './fit-model.js';
import type { ScoreParts } from './scores.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { RecommenderModel } from './model.js';
import type { History } from './signals.js';
import type { ValidationUser } from './validation.js';

/** Score parts of a user at some items, side by side: the search spends most of its time in reading them. */
export interface PartsAt {
  /** Int32Array, ascending. */
  readonly items: Int32Array;
  /** Float32Array, row-major [items.length, N_PARTS]: the parts of `ScoreParts` in their order. */
  readonly parts: Float32Array;
}

export interface ScoredUser {
  readonly relevant: Int32Array;
  readonly isCold: boolean;
  /** Sum of preferences, and days of absence, see `UserState`. */
  readonly likes: number;
  readonly absence: number;
  /** Items that may enter the list. */
  readonly candidates: PartsAt;
  /** Int32Array: places of the relevant items among the candidates; missing items are left out. */
  readonly places: Int32Array;
  /** Items to be found, and a sample of the items to rank below them; null except for some warm users. */
  readonly order: { readonly wanted: PartsAt; readonly others: PartsAt } | null;
}

const N_PARTS = 6;
/** Number of candidates taken by each of: learnt, related, followed and companions' part, whole score, and popularity. */
const POOL = 30;
/** Users scored together. */
const BLOCK = 16;
/** The order of all items is measured for every n-th warm user, */
const ORDER_STRIDE = 5;
/** on this many of the items to be found, */
const MAX_WANTED = 10;
/** and about this many of the remaining items. */
const MAX_OTHERS = 250;
/** Five pools, and the items that are popular, of all times and recently. */
const MAX_CANDIDATES = 7 * POOL;
const MAX_ORDERED = MAX_WANTED + MAX_OTHERS;
/** Length of a row of `ScoredUsers.figures`. */
const N_FIGURES = 5;

/** Writes the scores of the items of `parts` for a user to `out`. */
export type Blend = (parts: PartsAt, user: Pick<ScoredUser, 'likes' | 'absence'>, out: Float32Array) => void;

export type Weights = Pick<
  HyperParameters,
  | 'newcomerWeight'
  | 'companionWeight'
  | 'recentPopularityWeight'
  | 'recentPopularityAbsence'
  | 'shortHistoryBoost'
  | 'factorWeight'
  | 'principalWeight'
  | 'dislikeWeight'
  | 'popularityWeight'
  | 'likeRatePower'
  | 'sequenceWeight'
>;

/** What is blended with the score parts of users. */
export interface Blended {
  readonly model: Pick<
    RecommenderModel,
    'nItems' | 'hyperParameters' | 'popularity' | 'shares' | 'recentPopularity'
  >;
  readonly likeRate: Float32Array;
}

/** `blended` without the parts of a model that blending does not read, to be sent to threads. */
export function onlyBlended({ model, likeRate }: Blended): Blended {
  const { nItems, hyperParameters, popularity, shares, recentPopularity } = model;
  return { model: { nItems, hyperParameters, popularity, shares, recentPopularity }, likeRate };
}

/** Blends score parts like `scoreAll` under these weights. */
export function blendBy({ model, likeRate }: Blended, weights: Weights): Blend {
  // The item-to-item columns include the power of the like rate of their fit.
  const power = weights.likeRatePower - model.hyperParameters.likeRatePower;
  const ofItems = new Float32Array(4 * model.nItems);
  for (let item = 0; item < model.nItems; item++) {
    ofItems[4 * item] = model.popularity[item];
    ofItems[4 * item + 1] = model.shares[item];
    ofItems[4 * item + 2] = model.recentPopularity[item];
    ofItems[4 * item + 3] = power === 0 ? 1 : likeRate[item] ** power;
  }
  return (parts, user, out) => blend(parts, { ofItems, weights, user }, out);
}

interface BlendInput {
  /** Float32Array, row-major [nItems, 4]: popularity, share, recent popularity, factor of the item-to-item term. */
  readonly ofItems: Float32Array;
  readonly weights: Weights;
  readonly user: Pick<ScoredUser, 'likes' | 'absence'>;
}

/** Weights are local variables, which the loop reads without a detour. */
function blend({ items, parts }: PartsAt, { ofItems, weights, user }: BlendInput, out: Float32Array): void {
  const { dislikeWeight, popularityWeight, sequenceWeight } = weights;
  const boost = boostOf(user.likes, weights);
  const factorWeight = boost * weights.factorWeight;
  const principalWeight = boost * weights.principalWeight;
  const newcomerWeight = weights.newcomerWeight * newness(user.likes);
  const companionWeight = weights.companionWeight * newness(user.likes);
  const recentWeight = weights.recentPopularityWeight * returnShare(user.absence, weights);
  const n = out.length;
  for (let k = 0; k < n; k++) {
    const at = N_PARTS * k;
    const of = 4 * items[k];
    const related = parts[at + 2];
    const repelled = parts[at + 3];
    const taken = repelled === 0 ? 0 : takenFrom(related, dislikeWeight * repelled);
    out[k] =
      factorWeight * parts[at] +
      principalWeight * parts[at + 1] +
      ofItems[of + 3] * (related - taken) +
      sequenceWeight * parts[at + 4] +
      popularityWeight * ofItems[of] +
      companionWeight * parts[at + 5] +
      newcomerWeight * ofItems[of + 1] +
      recentWeight * ofItems[of + 2];
  }
}

/** The scored users, in memory that threads share; see `usersOf`. */
export interface ScoredUsers {
  readonly nUsers: number;
  /** Int32Array, row-major [nUsers, N_FIGURES]: 1 if cold, number of candidates, places, wanted items and others. */
  readonly figures: Int32Array;
  /** Float64Array, row-major [nUsers, 2]: likes, absence. */
  readonly states: Float64Array;
  /** Int32Array [nUsers + 1], Int32Array: the relevant items of each user. */
  readonly relevantPtr: Int32Array;
  readonly relevant: Int32Array;
  /** Int32Array, row-major [nUsers, MAX_CANDIDATES], and their places. */
  readonly candidates: Int32Array;
  readonly places: Int32Array;
  /** Float32Array, row-major [nUsers, MAX_CANDIDATES, N_PARTS]. */
  readonly parts: Float32Array;
  /** Int32Array [nUsers]: the row in the next two, -1 for users without an order. */
  readonly orderRow: Int32Array;
  /** Int32Array, row-major [nOrders, MAX_ORDERED], Float32Array [nOrders, MAX_ORDERED, N_PARTS]: wanted, then others. */
  readonly ordered: Int32Array;
  readonly orderedParts: Float32Array;
}

interface ScoreInput {
  readonly fitted: Pick<FittedModel, 'model' | 'likeRate'>;
  /** All items, the most popular first: of all times, and recently. */
  readonly byPopularity: readonly Int32Array[];
  readonly histories: PackedHistories;
  readonly out: ScoredUsers;
}

/** The histories of validation users, one after the other: few arrays are sent to a thread faster than many. */
interface PackedHistories {
  readonly history: History;
  /** Int32Array [nUsers + 1]. */
  readonly indptr: Int32Array;
  /** Int32Array [nUsers]. */
  readonly personas: Int32Array;
  /** Float64Array [nUsers]: NaN for a request right after the history. */
  readonly now: Float64Array;
}

export const scoreTask: SharedTask<ScoreInput> = { name: 'score', run: scoreBlock };

export function scoreUsers(
  { model, likeRate }: FittedModel,
  users: readonly ValidationUser[],
  {
    threads,
    onProgress,
    withOrder = true,
  }: { threads?: KernelThreads; onProgress?: (fraction: number) => void; withOrder?: boolean } = {},
): ScoredUsers {
  const out = emptyScores(users, withOrder);
  const byPopularity = [model.popularity, model.recentPopularity].map((by) => topN(by, by.length));
  runParts(threads, scoreTask, {
    input: { fitted: { model, likeRate }, byPopularity, histories: packHistories(users), out },
    nParts: Math.ceil(users.length / BLOCK),
    onProgress,
  });
  return out;
}

function emptyScores(users: readonly ValidationUser[], withOrder: boolean): ScoredUsers {
  const nUsers = users.length;
  const out = {
    nUsers,
    figures: sharedInt32(N_FIGURES * nUsers),
    states: sharedFloat64(2 * nUsers),
    relevantPtr: sharedInt32(nUsers + 1),
    relevant: sharedInt32(users.reduce((sum, { relevant }) => sum + relevant.length, 0)),
    candidates: sharedInt32(MAX_CANDIDATES * nUsers),
    places: sharedInt32(MAX_CANDIDATES * nUsers),
    parts: sharedFloat32(N_PARTS * MAX_CANDIDATES * nUsers),
    orderRow: sharedInt32(nUsers),
  };
  let warm = 0;
  let nOrders = 0;
  users.forEach(({ relevant, isCold }, u) => {
    out.figures[N_FIGURES * u] = Number(isCold);
    out.relevant.set(relevant, out.relevantPtr[u]);
    out.relevantPtr[u + 1] = out.relevantPtr[u] + relevant.length;
    const hasOrder = withOrder && !isCold && warm++ % ORDER_STRIDE === 0;
    out.orderRow[u] = hasOrder ? nOrders++ : -1;
  });
  return {
    ...out,
    ordered: sharedInt32(MAX_ORDERED * nOrders),
    orderedParts: sharedFloat32(N_PARTS * MAX_ORDERED * nOrders),
  };
}

function packHistories(users: readonly ValidationUser[]): PackedHistories {
  const indptr = new Int32Array(users.length + 1);
  users.forEach(({ history }, u) => (indptr[u + 1] = indptr[u] + history.indices.length));
  return {
    history: joinHistories(users.map(({ history }) => history)),
    indptr,
    personas: Int32Array.from(users, ({ personaIndex }) => personaIndex),
    now: Float64Array.from(users, ({ now }) => now ?? NaN),
  };
}

/** Scores the users of a block together. */
function scoreBlock({ fitted, byPopularity, histories, out }: ScoreInput, block: number): void {
  const { model } = fitted;
  const { nItems } = model;
  const { indptr, personas } = histories;
  const first = BLOCK * block;
  const users = Array.from({ length: Math.min(BLOCK, out.nUsers - first) }, (_, row) => first + row);
  const hasCompanions = model.companions.indices.length > 0;
  const scoresOf = blendBy(fitted, model.hyperParameters);
  const states = users.map((u) => {
    const now = histories.now[u];
    return foldIn(model, cut(histories.history, indptr[u], indptr[u + 1]), {
      personaIndex: personas[u],
      now: Number.isNaN(now) ? undefined : now,
    });
  });
  const parts = scoreParts(model, states);
  const all = new Float32Array(N_PARTS * nItems);
  const own = { items: Int32Array.from({ length: nItems }, (_, item) => item), parts: all };
  const scores = new Float32Array(nItems);
  const isSeen = new Uint8Array(nItems);
  const isAllowed = (item: number) => isSeen[item] === 0;
  users.forEach((u, row) => {
    const { learnt, related, followed, accompanied } = sideBySide(parts, row, all);
    const seen = histories.history.indices.subarray(indptr[u], indptr[u + 1]);
    for (const item of seen) isSeen[item] = 1;
    const { likes, absence } = states[row];
    scoresOf(own, { likes, absence }, scores);
    const pools = [scores, learnt, related, followed].map((by) => topN(by, POOL, isAllowed));
    if (hasCompanions) pools.push(topN(accompanied, POOL, isAllowed));
    out.states[2 * u] = likes;
    out.states[2 * u + 1] = absence;
    const popular = byPopularity.map((items) => firstOf(items, POOL, isAllowed));
    writeCandidates(out, u, union([...popular, ...pools]), all);
    if (out.orderRow[u] >= 0) writeOrder(out, u, { all, isAllowed });
    for (const item of seen) isSeen[item] = 0;
  });
}

/** The first n allowed items. */
function firstOf(items: Int32Array, n: number, isAllowed: (item: number) => boolean): Int32Array {
  const first = new Int32Array(n);
  let size = 0;
  for (let k = 0; k < items.length && size < n; k++) if (isAllowed(items[k])) first[size++] = items[k];
  return first.subarray(0, size);
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
  let size = 0;
  for (let k = 0; k < all.length; k++) if (size === 0 || all[k] !== all[size - 1]) all[size++] = all[k];
  return all.subarray(0, size);
}

/** Places of the `relevant` items in `items`, which ascend; missing items are left out. */
function placesOf(relevant: Int32Array, items: Int32Array): Int32Array {
  const places: number[] = [];
  for (const item of relevant) {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle] < item) low = middle + 1;
      else high = middle;
    }
    if (items[low] === item) places.push(low);
  }
  return Int32Array.from(places);
}

/** Writes the candidates with their score parts, and the places of the relevant items among them. */
function writeCandidates(out: ScoredUsers, u: number, items: Int32Array, all: Float32Array): void {
  const places = placesOf(out.relevant.subarray(out.relevantPtr[u], out.relevantPtr[u + 1]), items);
  out.figures[N_FIGURES * u + 1] = items.length;
  out.figures[N_FIGURES * u + 2] = places.length;
  out.candidates.set(items, MAX_CANDIDATES * u);
  out.places.set(places, MAX_CANDIDATES * u);
  copyParts(all, items, out.parts.subarray(N_PARTS * MAX_CANDIDATES * u));
}

function writeOrder(
  out: ScoredUsers,
  u: number,
  { all, isAllowed }: { all: Float32Array; isAllowed: (item: number) => boolean },
): void {
  const relevant = out.relevant.subarray(out.relevantPtr[u], out.relevantPtr[u + 1]);
  const nItems = all.length / N_PARTS;
  const stride = Math.ceil(nItems / MAX_OTHERS);
  const sample = Int32Array.from({ length: Math.floor(nItems / stride) }, (_, k) => k * stride);
  const wanted = relevant.subarray(0, MAX_WANTED);
  const others = sample.filter((item) => isAllowed(item) && !relevant.includes(item));
  const from = MAX_ORDERED * out.orderRow[u];
  out.figures[N_FIGURES * u + 3] = wanted.length;
  out.figures[N_FIGURES * u + 4] = others.length;
  out.ordered.set(wanted, from);
  out.ordered.set(others, from + wanted.length);
  copyParts(all, wanted, out.orderedParts.subarray(N_PARTS * from));
  copyParts(all, others, out.orderedParts.subarray(N_PARTS * (from + wanted.length)));
}

function copyParts(all: Float32Array, items: Int32Array, out: Float32Array): void {
  for (let k = 0; k < items.length; k++)
    for (let f = 0; f < N_PARTS; f++) out[N_PARTS * k + f] = all[N_PARTS * items[k] + f];
}

/** A view of each user. */
export function usersOf(scored: ScoredUsers): ScoredUser[] {
  const { figures, states, relevant, relevantPtr, orderRow } = scored;
  return Array.from({ length: scored.nUsers }, (_, u) => {
    const [isCold, nCandidates, nPlaces, nWanted, nOthers] = figures.subarray(N_FIGURES * u);
    const from = MAX_CANDIDATES * u;
    const order = MAX_ORDERED * orderRow[u];
    return {
      relevant: relevant.subarray(relevantPtr[u], relevantPtr[u + 1]),
      isCold: isCold === 1,
      ...{ likes: states[2 * u], absence: states[2 * u + 1] },
      candidates: partsAt(scored.candidates, scored.parts, from, nCandidates),
      places: scored.places.subarray(from, from + nPlaces),
      order:
        order < 0
          ? null
          : {
              wanted: partsAt(scored.ordered, scored.orderedParts, order, nWanted),
              others: partsAt(scored.ordered, scored.orderedParts, order + nWanted, nOthers),
            },
    };
  });
}

function partsAt(items: Int32Array, parts: Float32Array, from: number, n: number): PartsAt {
  return {
    items: items.subarray(from, from + n),
    parts: parts.subarray(N_PARTS * from, N_PARTS * (from + n)),
  };
}

/** Writes a user's score parts to `out`, [nItems, N_PARTS]; returns them as separate arrays. */
function sideBySide(parts: ScoreParts, row: number, out: Float32Array): ScoreParts {
  const nItems = out.length / N_PARTS;
  const own = (part: Float32Array) => part.subarray(row * nItems, (row + 1) * nItems);
  const learnt = own(parts.learnt);
  const principal = own(parts.principal);
  const related = own(parts.related);
  const repelled = own(parts.repelled);
  const followed = own(parts.followed);
  const accompanied = own(parts.accompanied);
  [learnt, principal, related, repelled, followed, accompanied].forEach((part, f) => {
    for (let item = 0; item < nItems; item++) out[N_PARTS * item + f] = part[item];
  });
  return { learnt, principal, related, repelled, followed, accompanied };
}
