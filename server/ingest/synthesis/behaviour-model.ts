/**
 * Stage 1, synthesiser: how a user with known affinities reacts to items. Pure: random numbers are passed in.
 *
 * Used to generate the first data set, and by simulations that show recommended lists to users.
 */

import type { Opinion } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { PARAMETERS } from './parameters.js';

/** Float32Array [nItems]: dot products of a taste vector with all item vectors, written into `out`. */
export function affinities(taste: Float32Array, itemVectors: Float32Array, out: Float32Array): Float32Array {
  // Four running sums: with a single sum, each addition would wait for the previous.
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

/** The affinity with a like probability of 1/2: the lowest affinity among the user's likeable items. */
export function likeThreshold(affinity: Float32Array): number {
  return nthLargest(affinity.slice(), Math.min(PARAMETERS.likeable, affinity.length));
}

/** Probability of a like by a user who views the item, 0..1. */
export function likeChance(affinity: number, threshold: number): number {
  return 1 / (1 + Math.exp((threshold - affinity) / PARAMETERS.likeWidth));
}

/**
 * The items a user encounters in a week, in order: mostly items of highest affinity, with noise, and some by chance.
 * Items flagged in `isMet` (Uint8Array [nItems]) are skipped.
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

/** A user's reaction to a list position. */
interface Reaction {
  readonly itemIndex: number;
  readonly position: number;
  /** False if the user did not look this far down. */
  readonly isSeen: boolean;
  readonly isOpened: boolean;
  readonly opinion: Opinion;
}

/**
 * Simulates reactions to a list in the order shown; a position is seen only if the position before was. Every position
 * draws three random numbers regardless of its item, so that two lists shown with the same stream are comparable.
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

/** Expectation of `reactToList`: number of positions seen, and of items opened. */
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
