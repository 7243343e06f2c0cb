/**
 * Stage 1, site simulation: a week of a simulated user as reactions to the lists shown. Pure: random numbers are passed
 * in, and the user's actions are planned before any list is known, so that two recommenders can be compared on
 * identical users.
 *
 * Habits, tastes and the probabilities to look, like and open are the synthesiser's and frozen with it (parameters.ts).
 * Users find items in lists and, a few, by their own searches; see `SHOPPING`.
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

/** Parameters of a shopping week beyond the synthesiser's, fixed before any recommender was run on them. */
const SHOPPING = Object.freeze({
  /**
   * Weekly probability that a user takes on the habits of a different archetype: a fifth of the users in eight weeks.
   */
  turnShare: 0.03,
  /** Weekly probability that an interest is replaced: a third of the users in eight weeks. */
  changeShare: 0.05,
  /**
   * Items found by the user's own searches in an active week: without them, no recommender could learn of a new
   * interest.
   */
  ownFinds: 2,
  /** Items with a lower like probability may get a thumb down. */
  dislikeBelow: 0.1,
});

/** A simulated user over several weeks. */
export interface Shopper {
  readonly userId: string;
  person: Person;
  readonly memory: Memory;
  /** Float32Array [nItems]: true affinities of the current week. */
  readonly affinity: Float32Array;
  /** Affinity with a like probability of 1/2. */
  threshold: number;
}

export interface ShoppingSession {
  /** Ms since the epoch. */
  readonly startAt: number;
  /** False for a bounce. */
  readonly seesList: boolean;
  /** Actions independent of the list. */
  readonly acts: readonly Act[];
  /** Seed of the reactions to the list. */
  readonly seed: number;
}

/** Remaining habits of the week; reactions use it up. */
interface Budget {
  carts: number;
  purchases: number;
  dislikes: number;
}

export interface ShoppingWeek {
  readonly sessions: readonly ShoppingSession[];
  readonly budget: Budget;
}

/** A shopper in the state at the end of the synthesised history. */
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

/** Advances a week: tastes drift, and a user occasionally changes for good. */
export function liveOn(shopper: Shopper, world: World, random: Random): void {
  if (random.next() < SHOPPING.turnShare) shopper.person = turnInto(shopper.person, world, random);
  if (random.next() < SHOPPING.changeShare) shopper.person = changeInterest(shopper.person, world, random);
  drift(shopper.person, random);
  updateAffinity(shopper, world);
}

/** True if the user is active this week: on average every `rhythm` weeks. */
export function comesThisWeek({ person }: Shopper, random: Random): boolean {
  return random.next() * Math.max(1, person.habits.rhythm) < 1;
}

/**
 * Plans the sessions of a week that begins at `weekStart`, by time. Adds items found without lists to memory. Activity,
 * duration and seeds do not depend on earlier encounters.
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
 * A user's actions on a list, in order. `position` is the list position of the action, and null for later actions
 * outside of the list (a cart, a purchase). Uses up the budget and adds seen items to memory.
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

/** Expectation of `shop`: number of positions seen, and of items opened. */
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

/** Actions in a week independent of the lists. */
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

/** Items the user finds by own searches, liked or not. */
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
