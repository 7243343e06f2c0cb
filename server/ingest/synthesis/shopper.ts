/**
 * Stage 1, site simulation: a week of a simulated user as reactions to the lists shown. Pure: random numbers are passed
 * in, and the user's actions outside of lists are planned before any list is known, so that two recommenders can be
 * compared on identical users.
 *
 * Habits, tastes and the probabilities to look and open are the synthesiser's and frozen with it (parameters.ts).
 */

import { ARCHETYPES } from '../../domain/index.js';
import type { Archetype } from '../../domain/index.js';
import { createRandom } from '../../learning/index.js';
import type { Random } from '../../learning/index.js';

import { affinities, expectedReactions, fitThreshold } from './behaviour-model.js';
import { sessionStarts } from './calendar.js';
import { changeInterest, drift, tasteVector, turnInto } from './person.js';
import type { Person } from './person.js';
import type { SyntheticPerson } from './synthesize.js';
import { readList, seen, times, walks } from './week.js';
import type { Act, Memory, Visitor } from './week.js';
import { countExisting } from './world.js';
import type { World } from './world.js';

/** Parameters of a live week beyond the synthesiser's. Assumptions, fixed before any recommender was run on them. */
const SHOPPING = Object.freeze({
  /**
   * Weekly probability that a user takes on the habits of a different archetype: a fifth of the users in eight weeks.
   */
  turnShare: 0.03,
  /** Weekly probability that an interest is replaced: a third of the users in eight weeks. */
  changeShare: 0.05,
});

/** A simulated user over several weeks. */
export interface Shopper {
  readonly userId: string;
  person: Person;
  readonly memory: Memory;
  /** Float32Array [nExisting]: true affinities of the items that exist in the current week. */
  affinity: Float32Array;
  /** Affinity with a fit of 1/2. */
  threshold: number;
}

export interface ShoppingSession {
  /** Ms since the epoch. */
  readonly startAt: number;
  /** False for a bounce. */
  readonly seesList: boolean;
  /** Actions outside of the list. */
  readonly acts: readonly Act[];
  /** Seed of the reactions to the list. */
  readonly seed: number;
}

/** A shopper in the state at instant `at`, the end of the synthesised history. */
export function createShopper({ userId, person, met }: SyntheticPerson, world: World, at: number): Shopper {
  const isMet = new Uint8Array(world.items.length);
  for (const item of met) isMet[item] = 1;
  const memory = { isMet, met: [...met] };
  const shopper = { userId, person, memory, affinity: new Float32Array(), threshold: 0 };
  updateAffinity(shopper, world, at);
  return shopper;
}

export function archetypeOf({ person }: Shopper): Archetype {
  return ARCHETYPES[person.dominant];
}

/** Advances to the week that begins at `weekStart`: tastes drift, and a user occasionally changes for good. */
export function liveOn(shopper: Shopper, world: World, weekStart: number, random: Random): void {
  if (random.next() < SHOPPING.turnShare) shopper.person = turnInto(shopper.person, world, random);
  if (random.next() < SHOPPING.changeShare) shopper.person = changeInterest(shopper.person, world, random);
  drift(shopper.person, random);
  updateAffinity(shopper, world, weekStart);
}

/** True if the user is active this week: on average every `rhythm` weeks. */
export function comesThisWeek({ person }: Shopper, random: Random): boolean {
  return random.next() * Math.max(1, person.habits.rhythm) < 1;
}

/**
 * Plans the sessions of a week that begins at `weekStart`, by time. Adds items found outside of lists to memory. Times,
 * lengths and seeds do not depend on the items met before.
 */
export function planWeek(
  shopper: Shopper,
  world: World,
  weekStart: number,
  random: Random,
): ShoppingSession[] {
  const { habits } = shopper.person;
  const aside = createRandom(random.int(2 ** 32));
  const order = createRandom(random.int(2 ** 32));
  const sessions = walks(world, visitorOf(shopper), aside).map((acts) => ({ acts, seesList: true }));
  const bounces = times(habits.bounces, random, () => ({
    acts: [seen(random.int(shopper.affinity.length), 0)],
    seesList: false,
  }));
  const planned = order.shuffle([...sessions, ...bounces]);
  const starts = sessionStarts(planned.length, habits, weekStart, order);
  return planned.map((session, s) => ({ ...session, startAt: starts[s], seed: order.int(2 ** 32) }));
}

/** A user's actions on a list. Adds opened items to memory. */
export function shop(shopper: Shopper, list: readonly number[], random: Random): Act[] {
  return readList(visitorOf(shopper), list, random);
}

/** Expectation of `shop`: number of positions seen, and of items opened. */
export function expectedReactionsOf(
  { affinity, threshold, person }: Shopper,
  list: readonly number[],
): { seen: number; opened: number } {
  return expectedReactions(list, { affinity, threshold, openShare: person.habits.openShare });
}

function visitorOf({ person, affinity, threshold, memory }: Shopper): Visitor {
  return { habits: person.habits, affinity, threshold, memory };
}

function updateAffinity(shopper: Shopper, world: World, at: number): void {
  shopper.affinity = new Float32Array(countExisting(world, at));
  affinities(tasteVector(shopper.person, world, at), world.itemVectors, shopper.affinity);
  shopper.threshold = fitThreshold(shopper.affinity);
}
