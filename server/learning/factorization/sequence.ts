/**
 * The sequence term: items that users choose soon after an item. For every item, counts the items chosen within a few
 * steps of it, normalised by both total counts; sparse and directed.
 *
 * A step is an item, not a day, and equal times have no order: items of the same instant are paired in both directions,
 * and a history with a single instant is ignored.
 */
import { transpose } from '../linalg/index.js';
import { preferenceOf } from './signals.js';

import type { SparseRows } from '../linalg/index.js';
import type { HyperParameters } from './hyper-parameters.js';
import type { Interactions } from './signals.js';

/** Max steps between the items of a pair. */
const MAX_STEPS = 20;
/** Decay of a pair's weight per item between its items. */
const STEP_DECAY = 0.95;
const DECAYS = Float64Array.from({ length: MAX_STEPS }, (_, steps) => STEP_DECAY ** steps);
/** Max items of the same instant to be paired; more are a bulk of ratings without order. */
const MAX_TIED = 50;
/** An item's row and column are divided by its count to these powers, after adding `DAMPING` to the count. */
const ROW_POWER = 0.5;
const COLUMN_POWER = 0.3;
const DAMPING = 3;
/** Max followers per item and in total: they are kept in memory and stored with every version. */
const MAX_FOLLOWERS = 200;
const MAX_ENTRIES = 2e6;

/** The preferences of each user in order of time; entries of all users in shared arrays. */
interface OrderedLikes {
  readonly items: Int32Array;
  readonly weights: Float32Array;
  /** First entry of the same instant, and the end (exclusive). */
  readonly tieStart: Int32Array;
  readonly tieEnd: Int32Array;
  /** End (exclusive) of the entries of the same user. */
  readonly end: Int32Array;
}

/** Sparse [nItems, nItems], columns ascending: row i holds the effect of item i, if chosen last, on each other item. */
export function fitSequence(
  interactions: Interactions,
  nItems: number,
  hyperParameters: Pick<HyperParameters, 'implicitWeight'>,
): SparseRows {
  const likes = orderedLikes(interactions, hyperParameters);
  const places = placesByItem(likes, nItems);
  const counts = new Float64Array(nItems);
  likes.items.forEach((item, place) => (counts[item] += likes.weights[place]));
  const nFollowers = maxFollowers(nItems);
  const sums = new Float64Array(nItems);
  const indptr = new Int32Array(nItems + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let item = 0; item < nItems; item++) {
    const followers = addFollowers(
      likes,
      places.indices.subarray(places.indptr[item], places.indptr[item + 1]),
      sums,
    );
    const best = strongest(followers, nFollowers, (j) =>
      j === item ? 0 : sums[j] / (counts[j] + DAMPING) ** COLUMN_POWER,
    );
    const scale = (counts[item] + DAMPING) ** ROW_POWER;
    for (const { index, value } of best) {
      indices.push(index);
      values.push(value / scale);
    }
    for (const j of followers) sums[j] = 0;
    indptr[item + 1] = indices.length;
  }
  return { indptr, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}

/** Max entries per row of `fitSequence`. */
export function maxFollowers(nItems: number): number {
  return Math.min(MAX_FOLLOWERS, Math.ceil(MAX_ENTRIES / nItems));
}

function orderedLikes(
  { indptr, indices, strength, opinion, purchased, at }: Interactions,
  hyperParameters: Pick<HyperParameters, 'implicitWeight'>,
): OrderedLikes {
  const order: number[] = [];
  const tieStart: number[] = [];
  const tieEnd: number[] = [];
  const end: number[] = [];
  const weightOf = (p: number) =>
    preferenceOf({ strength: strength[p], opinion: opinion[p], purchased: purchased[p] }, hyperParameters);
  for (let u = 0; at !== undefined && u + 1 < indptr.length; u++) {
    const own: number[] = [];
    for (let p = indptr[u]; p < indptr[u + 1]; p++) if (weightOf(p) > 0) own.push(p);
    own.sort((p, q) => at[p] - at[q] || p - q);
    const first = order.length;
    if (own.length === 0 || at[own[0]] === at[own[own.length - 1]]) continue;
    for (let k = 0; k < own.length;) {
      let next = k + 1;
      while (next < own.length && at[own[next]] === at[own[k]]) next++;
      for (let tied = k; tied < next; tied++) {
        order.push(own[tied]);
        tieStart.push(first + k);
        tieEnd.push(first + next);
        end.push(first + own.length);
      }
      k = next;
    }
  }
  return {
    items: Int32Array.from(order, (p) => indices[p]),
    weights: Float32Array.from(order, weightOf),
    tieStart: Int32Array.from(tieStart),
    tieEnd: Int32Array.from(tieEnd),
    end: Int32Array.from(end),
  };
}

/** Adds up, over all places of an item, the items at the same instant or soon after; returns the items added to. */
function addFollowers(likes: OrderedLikes, places: Int32Array, sums: Float64Array): number[] {
  const { items, weights, tieStart, tieEnd, end } = likes;
  const touched: number[] = [];
  const add = (place: number, weight: number) => {
    if (sums[items[place]] === 0) touched.push(items[place]);
    sums[items[place]] += weight * weights[place];
  };
  for (const from of places) {
    if (tieEnd[from] - tieStart[from] <= MAX_TIED) {
      for (let to = tieStart[from]; to < tieEnd[from]; to++) if (to !== from) add(to, weights[from]);
    }
    for (let to = tieEnd[from]; to < end[from]; to++) {
      const steps = tieStart[to] - tieEnd[from];
      if (steps >= MAX_STEPS) break;
      add(to, weights[from] * DECAYS[steps]);
    }
  }
  return touched;
}

function strongest(
  items: readonly number[],
  n: number,
  valueOf: (item: number) => number,
): { index: number; value: number }[] {
  const all = items.map((index) => ({ index, value: valueOf(index) })).filter(({ value }) => value > 0);
  all.sort((a, b) => b.value - a.value || a.index - b.index);
  return all.slice(0, n).sort((a, b) => a.index - b.index);
}

/** Row i holds the places of item i. */
function placesByItem({ items, weights }: OrderedLikes, nItems: number): SparseRows {
  const indptr = Int32Array.from({ length: items.length + 1 }, (_, place) => place);
  return transpose({ indptr, indices: items, values: weights }, nItems);
}
