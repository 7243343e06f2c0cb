/**
 * Stage 1, synthesiser: a week of a user, as sessions of events without times.
 *
 * Encounters follow from affinities, reactions from habits.
 */

import type { EventType } from '../../domain/index.js';
import type { Random } from '../../learning/index.js';

import { encounters, likeChance, likeThreshold } from './behaviour-model.js';
import { PARAMETERS } from './parameters.js';
import type { Habits } from './parameters.js';

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

interface Visitor {
  readonly habits: Habits;
  readonly affinity: Float32Array;
  readonly threshold: number;
  readonly memory: Memory;
}

/** Simulates the sessions of a week; updates `memory`. */
export function liveWeek(habits: Habits, affinity: Float32Array, memory: Memory, random: Random): Act[][] {
  const threshold = likeThreshold(affinity);
  const user = { habits, affinity, threshold, memory };
  const visits = [
    ...tasteVisits(user, random),
    ...curiousVisits(user, random),
    ...repeatVisits(habits, memory, random),
    ...times(habits.passedOver, random, () => [
      seen(random.int(affinity.length), random.int(PARAMETERS.listLength)),
    ]),
  ];
  random.shuffle(visits);

  const sessions: Act[][] = times(Math.max(1, habits.sessions), random, () => []);
  for (const _ of times(habits.searches, random, () => null)) {
    sessions[random.int(sessions.length)].push({
      type: 'search',
      itemIndex: null,
      value: null,
      position: null,
    });
  }
  visits.forEach((visit, i) => sessions[i % sessions.length].push(...visit));
  const bounces = times(habits.bounces, random, () => [seen(random.int(affinity.length), 0)]);
  return random.shuffle([...sessions.filter((session) => session.length > 0), ...bounces]);
}

/** Encounters by affinity: mostly liked; some of the liked items opened, put into the cart, purchased. */
function tasteVisits({ habits, affinity, threshold, memory }: Visitor, random: Random): Act[][] {
  const { minLikes, maxLikes } = PARAMETERS;
  let wanted: number = minLikes;
  for (let i = minLikes; i < maxLikes; i++)
    if (random.next() < (habits.likes - minLikes) / (maxLikes - minLikes)) wanted += 1;
  let carts = rounded(habits.carts, random);
  let purchases = Math.min(carts, rounded(habits.purchases, random));

  const visits: Act[][] = [];
  for (const item of encounters(affinity, memory.isMet, wanted + 4, random)) {
    if (wanted === 0) break;
    const isLiked = random.next() < likeChance(affinity[item], threshold);
    const isOpened = !isLiked || random.next() < habits.openShare;
    const visit: Act[] = isOpened ? opened(item, habits, random) : [];
    if (isLiked) {
      wanted -= 1;
      visit.push(act('like', item));
      if (carts-- > 0) visit.push(act('cart', item));
      if (purchases-- > 0) visit.push(act('purchase', item, amount(habits, random)));
    }
    remember(memory, item);
    visits.push(visit);
  }
  return visits;
}

/** Items viewed outside of the user's tastes, and the thumbs down. */
function curiousVisits(user: Visitor, random: Random): Act[][] {
  return [
    ...exploredVisits(user, random),
    ...times(user.habits.dislikes, random, () => unfitVisit(user, random, (item) => [act('dislike', item)])),
  ];
}

export function exploredVisits(user: Visitor, random: Random): Act[][] {
  const { habits } = user;
  return times(habits.explored, random, () =>
    unfitVisit(user, random, (item) => [act('view', item, dwell(habits, random))]),
  );
}

/** A visit to a random item; empty if the item was met before or fits the user's tastes. */
function unfitVisit(
  { affinity, threshold, memory }: Visitor,
  random: Random,
  acts: (item: number) => Act[],
): Act[] {
  const item = random.int(affinity.length);
  if (memory.isMet[item] === 1 || affinity[item] > threshold) return [];
  remember(memory, item);
  return acts(item);
}

export function repeatVisits(habits: Habits, memory: Memory, random: Random): Act[][] {
  if (memory.met.length === 0) return [];
  return times(habits.repeats, random, () => [
    act('view', memory.met[random.int(memory.met.length)], dwell(habits, random)),
  ]);
}

function opened(item: number, habits: Habits, random: Random): Act[] {
  let position = 0;
  while (position < PARAMETERS.listLength - 1 && random.next() < PARAMETERS.lookOn) position += 1;
  return [seen(item, position), { type: 'click', itemIndex: item, value: dwell(habits, random), position }];
}

export function seen(item: number, position: number): Act {
  return { type: 'impression', itemIndex: item, value: null, position };
}

export function act(type: EventType, item: number, value: number | null = null): Act {
  return { type, itemIndex: item, value, position: null };
}

export function remember(memory: Memory, item: number): void {
  if (memory.isMet[item] === 1) return;
  memory.isMet[item] = 1;
  memory.met.push(item);
}

/** Dwell time in seconds, at least 1, with the mean of the habits. */
export function dwell(habits: Habits, random: Random): number {
  return Math.max(1, Math.round(logNormal(habits.dwellSeconds, PARAMETERS.dwellSpread, random)));
}

export function amount(habits: Habits, random: Random): number {
  return Math.round(logNormal(habits.basket, PARAMETERS.amountSpread, random) * 100) / 100;
}

function logNormal(mean: number, spread: number, random: Random): number {
  return mean * Math.exp(spread * random.normal() - spread ** 2 / 2);
}

/** A random integer with this mean: habits are regular, so only the fraction is random. */
export function rounded(mean: number, random: Random): number {
  return Math.floor(mean + random.next());
}

export function times<T>(mean: number, random: Random, make: () => T): T[] {
  return Array.from({ length: rounded(mean, random) }, make);
}
