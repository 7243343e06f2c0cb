/**
 * Stage 1: simulated users, items and behaviour, seeded. The same seed and end give the same events, byte for byte; the
 * users of a smaller run are the first users of a larger run.
 *
 * Only behaviour is simulated: features, personas and models follow from it as for real users.
 */

import type { BehaviourEvent, Item } from '../../domain/index.js';
import { ARCHETYPES, HOUR_MS, InvalidInputError, WEEK_MS } from '../../domain/index.js';
import { createRandom } from '../../learning/index.js';
import type { Random } from '../../learning/index.js';

import { eventId, sessionKey } from '../event-id.js';
import { affinities } from './behaviour-model.js';
import { SESSION_DISTANCE_MS, sessionStarts } from './calendar.js';
import { PARAMETERS } from './parameters.js';
import { createPerson, drift, tasteVector } from './person.js';
import type { Person } from './person.js';
import { createTruth } from './truth.js';
import type { Truth } from './truth.js';
import { liveWeek } from './week.js';
import type { Act } from './week.js';
import { VECTOR_LENGTH, countExisting, createWorld } from './world.js';
import type { World } from './world.js';

interface SynthesisOptions {
  readonly seed: number;
  /** Default 10,000. */
  readonly nUsers?: number;
  /** At least 50, default 1,000. */
  readonly nItems?: number;
  /** At least 2, default 8. */
  readonly nWeeks?: number;
  /** Ms since the epoch, rounded down to the full hour; every event is before it. */
  readonly endAt: number;
  /** Maps raw user ids ("demo-00001") to pseudonyms. */
  readonly pseudonymize: (rawId: string) => string;
}

/** All events of `nUsers` users, by user and then by time. */
interface SyntheticBatch {
  readonly events: BehaviourEvent[];
  readonly nUsers: number;
  /** The users in their state after the last week. */
  readonly people: readonly SyntheticPerson[];
}

export interface SyntheticPerson {
  readonly userId: string;
  readonly person: Person;
  /** Indices of the items met so far. */
  readonly met: readonly number[];
}

export interface Synthesis {
  /** The catalogue at the end. */
  readonly items: readonly Item[];
  /** Has further items that appear after the end. */
  readonly world: World;
  /** Simulates while iterating, a few hundred users at a time; iterate at most once. */
  readonly batches: () => Generator<SyntheticBatch, void, undefined>;
  /** Complete after the last batch. */
  readonly truth: Truth;
}

const USERS_PER_BATCH = 250;

/** Raw id of simulated user number `index`, from 0. */
function syntheticUserId(index: number): string {
  return `demo-${String(index + 1).padStart(5, '0')}`;
}

/** Throws InvalidInputError for sizes below the minimum. */
export function synthesize(options: SynthesisOptions): Synthesis {
  const { seed, nUsers = 10_000, nItems = 1_000, nWeeks = 8, pseudonymize } = options;
  if (nUsers < 1 || nItems < 50 || nWeeks < 2) {
    throw new InvalidInputError('Synthesis needs at least 1 user, 50 items and 2 weeks.');
  }
  const endAt = Math.floor(options.endAt / HOUR_MS) * HOUR_MS;
  const startAt = endAt - nWeeks * WEEK_MS;
  const random = createRandom(seed);
  const world = createWorld({ seed, catalogueSize: nItems, startAt, nWeeks });
  const items = world.items.slice(0, nItems);
  const itemIds = items.map((item) => item.itemId);
  const itemVectors = world.itemVectors.slice(0, nItems * VECTOR_LENGTH);
  const truth = createTruth({ seed, startAt, nWeeks, nUsers, itemIds, itemVectors });
  const lastWeek = endAt - WEEK_MS;

  function* batches(): Generator<SyntheticBatch, void, undefined> {
    const scratch = { affinity: new Float32Array(nItems), isMet: new Uint8Array(nItems) };
    for (let start = 0; start < nUsers; start += USERS_PER_BATCH) {
      const events: BehaviourEvent[] = [];
      const people: SyntheticPerson[] = [];
      const end = Math.min(nUsers, start + USERS_PER_BATCH);
      for (let user = start; user < end; user++) {
        const userRandom = createRandom(random.int(2 ** 32));
        const person = createPerson(world, userRandom);
        const userId = pseudonymize(syntheticUserId(user));
        const met = liveThrough(person, {
          world,
          userId,
          startAt,
          nWeeks,
          scratch,
          random: userRandom,
          events,
        });
        people.push({ userId, person, met });
        truth.userIds.push(userId);
        truth.tastes.set(tasteVector(person, world, lastWeek), user * VECTOR_LENGTH);
        truth.mixtures.set(person.mixture, user * ARCHETYPES.length);
        truth.dominant[user] = person.dominant;
      }
      yield { events, nUsers: end - start, people };
    }
  }
  return { items, world, batches, truth };
}

interface Life {
  readonly world: World;
  readonly userId: string;
  readonly startAt: number;
  readonly nWeeks: number;
  readonly scratch: { affinity: Float32Array; isMet: Uint8Array };
  readonly random: Random;
  /** Receives the events. */
  readonly events: BehaviourEvent[];
}

/** Simulates all weeks of a user; leaves `person` with the tastes of the last week and returns the items met. */
function liveThrough(person: Person, life: Life): number[] {
  const { world, nWeeks, startAt, scratch, random } = life;
  const memory = { isMet: scratch.isMet, met: [] as number[] };
  const isActive = activeWeeks(nWeeks, person.habits.rhythm, random);
  for (let week = 0; week < nWeeks; week++) {
    if (week > 0) drift(person, random);
    if (!isActive[week]) continue;
    const weekStart = startAt + week * WEEK_MS;
    const affinity = scratch.affinity.subarray(0, countExisting(world, weekStart));
    affinities(tasteVector(person, world, weekStart), world.itemVectors, affinity);
    const sessions = liveWeek(world, { habits: person.habits, affinity, memory }, random);
    const starts = sessionStarts(sessions.length, person.habits, weekStart, random);
    let free = 0;
    sessions.forEach((session, s) => {
      const endedAt = record(session, Math.max(starts[s], free), `${week}-${s}`, { person, life });
      free = endedAt + SESSION_DISTANCE_MS;
    });
  }
  for (const item of memory.met) scratch.isMet[item] = 0;
  return memory.met;
}

/** Counted back from the last visit by the user's rhythm. Every user is active before the last week. */
function activeWeeks(nWeeks: number, rhythm: number, random: Random): boolean[] {
  const isActive = new Array<boolean>(nWeeks).fill(false);
  let week = nWeeks - (random.next() < PARAMETERS.activeShareLastWeek ? 1 : 2);
  while (week >= 0) {
    isActive[week] = true;
    week -= Math.max(1, Math.floor(rhythm + random.next()));
  }
  if (isActive.indexOf(true) === nWeeks - 1) isActive[0] = true;
  return isActive;
}

/** Assigns times and ids to the acts of a session; returns its end. */
function record(
  session: Act[],
  startAt: number,
  rawSession: string,
  to: { person: Person; life: Life },
): number {
  const { userId, world, random, events } = to.life;
  const sessionId = sessionKey(userId, rawSession);
  let at = startAt;
  session.forEach((act, i) => {
    if (i > 0) at += Math.round((1 + 2 * PARAMETERS.pauseSeconds * random.next()) * 1000);
    const event = {
      userId,
      type: act.type,
      itemId: act.itemIndex === null ? null : world.items[act.itemIndex].itemId,
      at,
      value: act.value,
      sessionId,
      position: act.position,
      listId: null,
      device: to.person.device,
      locale: 'en',
    };
    events.push({ id: eventId(event), ...event });
    if (act.type === 'view' || act.type === 'click') at += (act.value ?? 0) * 1000;
  });
  return at;
}
