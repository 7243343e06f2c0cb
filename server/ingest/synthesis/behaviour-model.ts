/**
 * Stage 1, synthesiser: how a user with known affinities chooses items and reacts to lists. Pure: random numbers are
 * passed in.
 *
 * Choices are multinomial logit (McFadden 1974): an item's affinity is its log odds. Used to generate the first data
 * set, and by simulations that show recommended lists to users.
 */

import type { Random } from '../../learning/index.js';

import { PARAMETERS } from './parameters.js';
import type { World } from './world.js';

/** Float32Array [nItems]: dot products of a taste vector with all item vectors, written into `out`. */
export function affinities(taste: Float32Array, itemVectors: Float32Array, out: Float32Array): Float32Array {
  // Four running sums: with a single sum, each addition would wait for the previous.
  const length = taste.length;
  for (let item = 0, at = 0; item < out.length; item++, at += length) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let k = 0; k < length; k += 4) {
      a += taste[k] * itemVectors[at + k];
      b += taste[k + 1] * itemVectors[at + k + 1];
      c += taste[k + 2] * itemVectors[at + k + 2];
      d += taste[k + 3] * itemVectors[at + k + 3];
    }
    out[item] = a + b + (c + d);
  }
  return out;
}

/** The affinity with a fit of 1/2: the lowest affinity among the items that fit the user. */
export function fitThreshold(affinity: Float32Array): number {
  return nthLargest(affinity.slice(), Math.min(PARAMETERS.fitting, affinity.length));
}

/** How well an item fits a user, 0..1; scales the user's shares of clicks, carts and thumbs. */
export function fitOf(affinity: number, threshold: number): number {
  return 1 / (1 + Math.exp((threshold - affinity) / PARAMETERS.fitWidth));
}

/** Float64Array [nItems]: the odds of items by affinity; 0 where `isMet` (Uint8Array [>= nItems]) is 1. */
export function oddsOf(affinity: Float32Array, isMet?: Uint8Array): Float64Array {
  const odds = new Float64Array(affinity.length);
  for (let item = 0; item < odds.length; item++)
    if (isMet === undefined || isMet[item] === 0) odds[item] = Math.exp(affinity[item]);
  return odds;
}

/**
 * The odds of items after a look at item `last` differ by these factors: Float32Array [nItems], of the first `nItems`
 * items.
 */
export function followFactors({ itemTheme, followOdds }: World, last: number, nItems: number): Float32Array {
  const start = itemTheme[last] * itemTheme.length;
  return followOdds.subarray(start, start + nItems);
}

/** An index with probability proportional to `odds`, times `factors` if given; null if all are 0. */
export function pick(odds: Float64Array, random: Random, factors?: Float32Array): number | null {
  let total = 0;
  if (factors === undefined) for (let i = 0; i < odds.length; i++) total += odds[i];
  else for (let i = 0; i < odds.length; i++) total += odds[i] * factors[i];
  let left = random.next() * total;
  let latest: number | null = null;
  for (let i = 0; i < odds.length; i++) {
    if (odds[i] === 0) continue;
    left -= factors === undefined ? odds[i] : odds[i] * factors[i];
    latest = i;
    if (left < 0) break;
  }
  return latest;
}

/** Float64Array: running sums of `odds`, to draw from repeatedly with `pickFrom`. */
export function runningSums(odds: Float64Array): Float64Array {
  const sums = new Float64Array(odds.length);
  let sum = 0;
  for (let i = 0; i < odds.length; i++) sums[i] = sum += odds[i];
  return sums;
}

/** An index with probability proportional to its odds; at least one must be above 0. */
export function pickFrom(sums: Float64Array, random: Random): number {
  const wanted = random.next() * sums[sums.length - 1];
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A user as far as lists are concerned. */
export interface ListReader {
  readonly affinity: Float32Array;
  readonly threshold: number;
  readonly openShare: number;
}

/** A user's reaction to a list position. */
interface Reaction {
  readonly itemIndex: number;
  readonly position: number;
  /** False if the user did not look this far down. */
  readonly isSeen: boolean;
  readonly isOpened: boolean;
}

/**
 * Simulates reactions to a list in the order shown; a position is seen only if the position before was. Every position
 * draws two random numbers regardless of its item, so that two lists shown with the same stream are comparable.
 */
export function reactToList(list: readonly number[], user: ListReader, random: Random): Reaction[] {
  let isSeen = true;
  return list.map((itemIndex, position) => {
    const [look, open] = [random.next(), random.next()];
    isSeen = isSeen && (position === 0 || look < PARAMETERS.lookOn);
    return { itemIndex, position, isSeen, isOpened: isSeen && open < openChance(itemIndex, user) };
  });
}

/** Expectation of `reactToList`: number of positions seen, and of items opened. */
export function expectedReactions(
  list: readonly number[],
  user: ListReader,
): { seen: number; opened: number } {
  let chance = 1;
  let [seen, opened] = [0, 0];
  for (const itemIndex of list) {
    seen += chance;
    opened += chance * openChance(itemIndex, user);
    chance *= PARAMETERS.lookOn;
  }
  return { seen, opened };
}

function openChance(item: number, { affinity, threshold, openShare }: ListReader): number {
  return openShare * fitOf(affinity[item], threshold);
}

/** The n-th largest value, n from 1 (Hoare's quickselect). Reorders `values`. */
function nthLargest(values: Float32Array, n: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i <= j) {
        const kept = values[i];
        values[i++] = values[j];
        values[j--] = kept;
      }
    }
    if (n - 1 <= j) high = j;
    else if (n - 1 >= i) low = i;
    else break;
  }
  return values[n - 1];
}
