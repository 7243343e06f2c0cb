/**
 * Stage 1, synthesiser: a week of a user, as sessions of events without times.
 *
 * A session begins with a front page; then the user searches and goes from item to item, each chosen by taste and by
 * what was looked at before. Carts, purchases and thumbs follow from how well an item fits.
 */

import type { EventType } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import {
  fitOf,
  fitThreshold,
  followFactors,
  oddsOf,
  pick,
  pickFrom,
  reactToList,
  runningSums,
} from './behaviour-model.js';
import { PARAMETERS } from './parameters.js';
import type { Habits } from './parameters.js';
import type { World } from './world.js';

/** An event without user, time and id. */
export interface Act {
  readonly type: EventType;
  /** Null for a search. */
  readonly itemIndex: number | null;
  readonly value: number | null;
  readonly position: number | null;
}

/** The items a user has met so far. */
export interface Memory {
  /** Uint8Array [nItems]. */
  readonly isMet: Uint8Array;
  /** The flagged items in the order they were met. */
  readonly met: number[];
}

/** A user in a week. */
export interface Visitor {
  readonly habits: Habits;
  readonly affinity: Float32Array;
  /** Affinity with a fit of 1/2. */
  readonly threshold: number;
  readonly memory: Memory;
}

const SEARCH: Act = { type: 'search', itemIndex: null, value: null, position: null };

/** Simulates the sessions of a week; updates `memory`. */
export function liveWeek(
  world: World,
  { habits, affinity, memory }: Omit<Visitor, 'threshold'>,
  random: Random,
): Act[][] {
  const visitor = { habits, affinity, threshold: fitThreshold(affinity), memory };
  const frontPage = frontPages(world, visitor);
  const sessions = walks(world, visitor, random).map((walk) => [
    ...readList(visitor, frontPage(random), random),
    ...walk,
  ]);
  const bounces = times(habits.bounces, random, () => [seen(frontPage(random)[0], 0)]);
  return random.shuffle([...sessions, ...bounces]);
}

/** A user's actions on a list, in order; `position` is null for later actions outside of the list. Updates `memory`. */
export function readList(visitor: Visitor, list: readonly number[], random: Random): Act[] {
  const { habits, affinity, threshold, memory } = visitor;
  const acts: Act[] = [];
  const reader = { affinity, threshold, openShare: habits.openShare };
  for (const { itemIndex, position, isSeen, isOpened } of reactToList(list, reader, random)) {
    if (!isSeen) break;
    acts.push(seen(itemIndex, position));
    if (!isOpened) continue;
    acts.push({ ...act('click', itemIndex, dwell(habits, random)), position });
    if (memory.isMet[itemIndex] === 0) acts.push(...afterLooking(visitor, itemIndex, random));
    remember(memory, itemIndex);
  }
  return acts;
}

/** What a user does outside of lists in the sessions of a week that are no bounces. Updates `memory`. */
export function walks(world: World, visitor: Visitor, random: Random): Act[][] {
  const { habits, affinity, memory } = visitor;
  const sessions: Act[][] = times(Math.max(1, habits.sessions), random, () => []);
  const odds = oddsOf(affinity, memory.isMet);
  const spread = logNormal(1, PARAMETERS.findSpread, random);
  const nFinds = Math.max(PARAMETERS.minFinds, rounded(habits.finds * spread, random));
  for (let n = 0; n < nFinds; n++) {
    const item = nextFind(world, { odds, last: memory.met.at(-1), roaming: habits.roaming }, random);
    if (item === null) break;
    odds[item] = 0;
    const session = sessions[Math.floor((n * sessions.length) / nFinds)];
    if (random.next() < habits.searches / nFinds) session.push(SEARCH);
    session.push(act('view', item, dwell(habits, random)), ...afterLooking(visitor, item, random));
    remember(memory, item);
  }
  for (const again of times(habits.repeats, random, () => memory.met[random.int(memory.met.length)]))
    sessions[random.int(sessions.length)].push(act('view', again, dwell(habits, random)));
  return sessions;
}

/** The next item looked at: by taste and order, or with probability `roaming` by chance; null if none is left. */
function nextFind(
  world: World,
  { odds, last, roaming }: { odds: Float64Array; last: number | undefined; roaming: number },
  random: Random,
): number | null {
  const byChance = random.next() < roaming ? random.int(odds.length) : null;
  if (byChance !== null && odds[byChance] > 0) return byChance;
  return pick(odds, random, last === undefined ? undefined : followFactors(world, last, odds.length));
}

/** Draws lists of distinct items, some by taste and some by popularity. */
function frontPages({ popularity }: World, { affinity }: Visitor): (random: Random) => number[] {
  const byTaste = runningSums(oddsOf(affinity));
  const byPopularity = runningSums(popularity.subarray(0, affinity.length));
  return (random) => {
    const list = new Set<number>();
    for (let position = 0; position < PARAMETERS.listLength; position++) {
      const isPersonal = random.next() < PARAMETERS.personalShare;
      list.add(pickFrom(isPersonal ? byTaste : byPopularity, random));
    }
    return [...list];
  };
}

/** Cart, purchase and thumb after looking at an item. Draws three random numbers in any case. */
function afterLooking({ habits, affinity, threshold }: Visitor, item: number, random: Random): Act[] {
  const fit = fitOf(affinity[item], threshold);
  const [cart, purchase, thumb] = [random.next(), random.next(), random.next()];
  const acts: Act[] = [];
  if (cart < habits.cartShare * fit) {
    acts.push(act('cart', item));
    if (purchase < habits.purchaseShare) acts.push(act('purchase', item, amount(habits, random)));
  }
  if (thumb < habits.likeShare * fit) acts.push(act('like', item));
  else if (thumb > 1 - habits.dislikeShare * (1 - fit)) acts.push(act('dislike', item));
  return acts;
}

export function seen(item: number, position: number): Act {
  return { type: 'impression', itemIndex: item, value: null, position };
}

function act(type: EventType, item: number, value: number | null = null): Act {
  return { type, itemIndex: item, value, position: null };
}

function remember(memory: Memory, item: number): void {
  if (memory.isMet[item] === 1) return;
  memory.isMet[item] = 1;
  memory.met.push(item);
}

/** Dwell time in seconds, at least 1, with the mean of the habits. */
function dwell(habits: Habits, random: Random): number {
  return Math.max(1, Math.round(logNormal(habits.dwellSeconds, PARAMETERS.dwellSpread, random)));
}

function amount(habits: Habits, random: Random): number {
  return Math.round(logNormal(habits.basket, PARAMETERS.amountSpread, random) * 100) / 100;
}

function logNormal(mean: number, spread: number, random: Random): number {
  return mean * Math.exp(spread * random.normal() - spread ** 2 / 2);
}

/** A random integer with this mean: habits are regular, so only the fraction is random. */
function rounded(mean: number, random: Random): number {
  return Math.floor(mean + random.next());
}

export function times<T>(mean: number, random: Random, make: () => T): T[] {
  return Array.from({ length: rounded(mean, random) }, make);
}
