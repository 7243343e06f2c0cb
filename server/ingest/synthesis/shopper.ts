/**
 * Stage 1, simulation of a site in use: a week of one simulated user as reactions to the lists that are shown. Pure:
 * random numbers come in, and what the user does is planned before any list is known, so that two recommenders can be
 * given the same users in the same mood.
 *
 * Habits, tastes and the chances to look, like and open are the synthesiser's and frozen with it (parameters.ts). What
 * the user finds comes from the lists, and a little from the user's own searching; see `SHOPPING`.
 */

import { ARCHETYPES } from '../../domain/index.js';
import type { Archetype } from '../../domain/index.js';
import { createRandom } from '../../learning/index.js';
import type { Random } from '../../learning/index.js';

import {
  affinities,
  encounters,
  expectedReactions,
  likeChance,
  likeThreshold,
  reactToList,
} from './behaviour-model.js';
import { sessionStarts } from './calendar.js';
import type { Habits } from './parameters.js';
import { PARAMETERS } from './parameters.js';
import { changeInterest, drift, tasteVector, turnInto } from './person.js';
import type { Person } from './person.js';
import type { SyntheticPerson } from './synthesize.js';
import { act, amount, dwell, exploredVisits, remember, repeatVisits, rounded, seen, times } from './week.js';
import type { Act, Memory } from './week.js';
import type { World } from './world.js';

/** The numbers a shopping week needs beyond the synthesiser's, set before any recommender was run on them. */
export const SHOPPING = Object.freeze({
  /** Chance a week that a user takes on the habits of another archetype: a fifth of the users in eight weeks. */
  turnShare: 0.03,
  /** Chance a week that an interest gives way to a new one: a third of the users in eight weeks. */
  changeShare: 0.05,
  /** Items found by own searching in an active week: without them no recommender could ever hear of a new interest. */
  ownFinds: 2,
  /** Below this chance to like it, an item may get a thumb down. */
  dislikeBelow: 0.1,
});

/** A simulated user who goes on living. */
export interface Shopper {
  readonly userId: string;
  person: Person;
  readonly memory: Memory;
  /** Float32Array [nItems]: the true affinities of this week. */
  readonly affinity: Float32Array;
  /** The affinity from which on an item is liked more often than not. */
  threshold: number;
}

export interface ShoppingSession {
  /** Ms since the epoch. */
  readonly startAt: number;
  /** False for a visit that leaves at once. */
  readonly seesList: boolean;
  /** What is done whatever the list says. */
  readonly acts: readonly Act[];
  /** Seeds the reactions to the list. */
  readonly seed: number;
}

/** What is left of this week's habits; reactions use it up. */
export interface Budget {
  carts: number;
  purchases: number;
  dislikes: number;
}

export interface ShoppingWeek {
  readonly sessions: readonly ShoppingSession[];
  readonly budget: Budget;
}

/** A user as the synthesised past left it. */
export function createShopper({ userId, person, met }: SyntheticPerson, world: World): Shopper {
  const isMet = new Uint8Array(world.items.length);
  for (const item of met) isMet[item] = 1;
  const memory = { isMet, met: [...met] };
  const shopper = { userId, person, memory, affinity: new Float32Array(world.items.length), threshold: 0 };
  updateAffinity(shopper, world);
  return shopper;
}

export function archetypeOf({ person }: Shopper): Archetype {
  return ARCHETYPES[person.dominant];
}

/** A week passes: tastes drift, and now and then a person changes for good. */
export function liveOn(shopper: Shopper, world: World, random: Random): void {
  if (random.next() < SHOPPING.turnShare) shopper.person = turnInto(shopper.person, world, random);
  if (random.next() < SHOPPING.changeShare) shopper.person = changeInterest(shopper.person, world, random);
  drift(shopper.person, random);
  updateAffinity(shopper, world);
}

/** True when the user comes this week: by the person's rhythm, on average. */
export function comesThisWeek({ person }: Shopper, random: Random): boolean {
  return random.next() * Math.max(1, person.habits.rhythm) < 1;
}

/**
 * The sessions of a week that begins at `weekStart`, by time. Remembers what the user finds without the lists. When the
 * user comes, for how long and in what mood does not depend on what was met before.
 */
export function planWeek(shopper: Shopper, weekStart: number, random: Random): ShoppingWeek {
  const { habits } = shopper.person;
  const aside = createRandom(random.int(2 ** 32));
  const sessions: Act[][] = times(Math.max(1, habits.sessions), random, () => []);
  const bounces = times(habits.bounces, random, () => [seen(random.int(shopper.affinity.length), 0)]);
  const planned = random.shuffle([
    ...sessions.map((session) => ({ acts: session, seesList: true })),
    ...bounces.map((session) => ({ acts: session, seesList: false })),
  ]);
  const starts = sessionStarts(planned.length, habits, weekStart, random);
  const carts = rounded(habits.carts, random);
  const budget = {
    carts,
    purchases: Math.min(carts, rounded(habits.purchases, random)),
    dislikes: rounded(habits.dislikes, random),
  };
  const seeds = starts.map(() => random.int(2 ** 32));
  visitsAside(shopper, aside).forEach((visit, i) => sessions[i % sessions.length].push(...visit));
  return {
    sessions: planned.map((session, s) => ({ ...session, startAt: starts[s], seed: seeds[s] })),
    budget,
  };
}

/**
 * What the user does with a list, in order: `position` is the place in the list of an act that comes from it, and null
 * for what follows outside it (a cart, a purchase). Uses up the budget and remembers what was seen.
 */
export function shop(shopper: Shopper, list: readonly number[], budget: Budget, random: Random): Act[] {
  const { affinity, threshold, memory, person } = shopper;
  const { habits } = person;
  const reactions = reactToList(list, { affinity, threshold, openShare: habits.openShare }, random);
  const done: Act[] = [];
  for (const { itemIndex, position, isSeen, isOpened, opinion } of reactions) {
    if (!isSeen) break;
    done.push(seen(itemIndex, position));
    if (isOpened) done.push({ ...act('click', itemIndex, dwell(habits, random)), position });
    if (opinion === 1) done.push(...liked(itemIndex, position, { habits, budget, random }));
    else if (budget.dislikes > 0 && likeChance(affinity[itemIndex], threshold) < SHOPPING.dislikeBelow) {
      budget.dislikes -= 1;
      done.push({ ...act('dislike', itemIndex), position });
    }
    if (isOpened || opinion === 1) remember(memory, itemIndex);
  }
  return done;
}

/** Places of a list that the user looks at and items opened, on average over the chances of `shop`. */
export function expectedReactionsOf(
  { affinity, threshold, person }: Shopper,
  list: readonly number[],
): { seen: number; opened: number } {
  return expectedReactions(list, { affinity, threshold, openShare: person.habits.openShare });
}

const SEARCH: Act = { type: 'search', itemIndex: null, value: null, position: null };

function liked(
  item: number,
  position: number,
  { habits, budget, random }: { habits: Habits; budget: Budget; random: Random },
): Act[] {
  const done: Act[] = [{ ...act('like', item), position }];
  if (budget.carts > 0) {
    budget.carts -= 1;
    done.push(act('cart', item));
  }
  if (budget.purchases > 0) {
    budget.purchases -= 1;
    done.push(act('purchase', item, amount(habits, random)));
  }
  return done;
}

/** What is done in a week whatever the lists say. */
function visitsAside(shopper: Shopper, random: Random): Act[][] {
  const { habits } = shopper.person;
  return random.shuffle([
    ...ownFinds(shopper, random),
    ...exploredVisits({ habits, ...shopper }, random),
    ...repeatVisits(habits, shopper.memory, random),
    ...times(habits.passedOver, random, () => [
      seen(random.int(shopper.affinity.length), random.int(PARAMETERS.listLength)),
    ]),
    ...times(habits.searches, random, () => [SEARCH]),
  ]);
}

/** Items that come to notice by themselves, liked or not. */
function ownFinds({ person, affinity, threshold, memory }: Shopper, random: Random): Act[][] {
  return encounters(affinity, memory.isMet, SHOPPING.ownFinds, random).map((item) => {
    remember(memory, item);
    const viewed = act('view', item, dwell(person.habits, random));
    return random.next() < likeChance(affinity[item], threshold) ? [viewed, act('like', item)] : [viewed];
  });
}

function updateAffinity(shopper: Shopper, world: World): void {
  affinities(tasteVector(shopper.person, world), world.itemVectors, shopper.affinity);
  shopper.threshold = likeThreshold(shopper.affinity);
}
