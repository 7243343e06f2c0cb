/**
 * Stage 1, synthesiser: how a user with known affinities deals with items. Pure: random numbers come in.
 *
 * Used to make the first data set, and by simulations that show a user a recommended list and ask what happens.
 */

import type { Opinion } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { PARAMETERS } from './parameters.js';

/** Float32Array [nItems]: dot products of one taste vector with all item vectors, written into `out`. */
export function affinities(taste: Float32Array, itemVectors: Float32Array, out: Float32Array): Float32Array {
  // Four running sums instead of one: additions that wait for each other are what takes the time here.
  const length = taste.length;
  const quality = taste[length - 1];
  for (let item = 0, at = 0; item < out.length; item++, at += length) {
    let a = quality * itemVectors[at + length - 1];
    let b = 0;
    let c = 0;
    let d = 0;
    for (let k = 0; k < length - 1; k += 4) {
      a += taste[k] * itemVectors[at + k];
      b += taste[k + 1] * itemVectors[at + k + 1];
      c += taste[k + 2] * itemVectors[at + k + 2];
      d += taste[k + 3] * itemVectors[at + k + 3];
    }
    out[item] = a + b + (c + d);
  }
  return out;
}

/** The affinity at which a user likes as often as not: that of the last of the items the user could like. */
export function likeThreshold(affinity: Float32Array): number {
  return nthLargest(affinity.slice(), Math.min(PARAMETERS.likeable, affinity.length));
}

/** The chance that a user who looks at an item likes it, 0..1. */
export function likeChance(affinity: number, threshold: number): number {
  return 1 / (1 + Math.exp((threshold - affinity) / PARAMETERS.likeWidth));
}

/**
 * The items that come to a user's notice in a week, first noticed first: mostly those of highest affinity, with noise,
 * and some by chance. Items flagged in `isMet` (Uint8Array [nItems]) are not noticed again.
 */
export function encounters(
  affinity: Float32Array,
  isMet: Uint8Array,
  count: number,
  random: Random,
): number[] {
  const order = topUnmet(affinity, isMet, count * 5)
    .map((item) => ({
      item,
      key: affinity[item] - PARAMETERS.encounterNoise * Math.log(-Math.log(1 - random.next())),
    }))
    .sort((a, b) => b.key - a.key || a.item - b.item);
  const noticed: number[] = [];
  const isNoticed = new Set<number>();
  for (const { item } of order) {
    if (noticed.length >= count) break;
    const chance = random.next() < PARAMETERS.chanceEncounters ? random.int(affinity.length) : item;
    const next = isMet[chance] === 1 ? item : chance;
    if (isNoticed.has(next)) continue;
    isNoticed.add(next);
    noticed.push(next);
  }
  return noticed;
}

/** What a user does with one place of a list. */
export interface Reaction {
  readonly itemIndex: number;
  readonly position: number;
  /** False where the user never looked so far down. */
  readonly isSeen: boolean;
  readonly isOpened: boolean;
  readonly opinion: Opinion;
}

/**
 * Reactions to a list of items in the order shown; each place is looked at only if the one before was. Every place takes
 * the same three random numbers whatever is shown there, so that two lists shown with the same stream can be compared.
 */
export function reactToList(
  list: readonly number[],
  user: { affinity: Float32Array; threshold: number; openShare: number },
  random: Random,
): Reaction[] {
  let isSeen = true;
  return list.map((itemIndex, position) => {
    const [look, like, open] = [random.next(), random.next(), random.next()];
    isSeen = isSeen && (position === 0 || look < PARAMETERS.lookOn);
    const isLiked = isSeen && like < likeChance(user.affinity[itemIndex], user.threshold);
    const isOpened = isLiked && open < user.openShare;
    return { itemIndex, position, isSeen, isOpened, opinion: isLiked ? 1 : 0 };
  });
}

/** What `reactToList` gives on average over its chances: places looked at, and items opened. */
export function expectedReactions(
  list: readonly number[],
  user: { affinity: Float32Array; threshold: number; openShare: number },
): { seen: number; opened: number } {
  let chance = 1;
  let [seen, opened] = [0, 0];
  for (const itemIndex of list) {
    seen += chance;
    opened += chance * likeChance(user.affinity[itemIndex], user.threshold) * user.openShare;
    chance *= PARAMETERS.lookOn;
  }
  return { seen, opened };
}

/** The unmet items of highest affinity, at most `count` (more where affinities tie), in catalogue order. */
function topUnmet(affinity: Float32Array, isMet: Uint8Array, count: number): number[] {
  const values = new Float32Array(affinity.length);
  let n = 0;
  for (let item = 0; item < affinity.length; item++) if (isMet[item] === 0) values[n++] = affinity[item];
  if (n === 0 || count === 0) return [];
  const least = nthLargest(values.subarray(0, n), Math.min(count, n));
  const top: number[] = [];
  for (let item = 0; item < affinity.length; item++)
    if (isMet[item] === 0 && affinity[item] >= least) top.push(item);
  return top;
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
