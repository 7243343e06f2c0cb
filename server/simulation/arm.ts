/**
 * An arm of a simulation: the same users and the same weeks under a given policy.
 *
 * Sessions of all users are simulated hour by hour, so that a list is requested after all earlier events. Within an hour
 * lists come first, then events, then thumbs.
 */

import { HOUR_MS, InvalidInputError, WEEK_MS } from '../domain/index.js';
import type { Act, Shopper, ShoppingSession, Synthesis } from '../ingest/index.js';
import {
  PARAMETERS,
  comesThisWeek,
  countExisting,
  createShopper,
  liveOn,
  planWeek,
  shop,
} from '../ingest/index.js';
import type { Random } from '../learning/index.js';
import { createRandom } from '../learning/index.js';

import { forEachOf } from './concurrently.js';
import type { Policy } from './policy.js';
import type { Site, SiteEvent, SiteThumb, ShownList } from './site.js';
import type { ArmResult, WeekRow } from './tally.js';
import { Tally } from './tally.js';

const ROUND_MS = 31 * 60_000;
/** Length of the list that `no-fold-in` fetches for the week. */
const FROZEN_LENGTH = 100;

interface ArmOptions {
  readonly policy: Policy;
  readonly site: Site;
  readonly synthesis: Synthesis;
  readonly weeks: number;
  /** Start of the first week, ms since the epoch, a full hour. */
  readonly startAt: number;
  readonly seed: number;
  /** Sets the server's clock; null if the server uses its own clock. */
  readonly setClock: ((now: number) => Promise<void>) | null;
  /** Of the whole arm, 0..1. */
  readonly onProgress: (fraction: number, detail: string) => void;
}

interface Visit {
  readonly user: number;
  readonly session: ShoppingSession;
}

/** Events and thumbs of a visit. */
interface Trace {
  readonly events: SiteEvent[];
  readonly thumbs: SiteThumb[];
}

/** Propagates errors of `site`. */
export async function runArm(options: ArmOptions): Promise<ArmResult> {
  const { policy, synthesis, weeks, startAt, site } = options;
  const people = [...synthesis.batches()].flatMap((batch) => batch.people);
  const shoppers = people.map((person) => createShopper(person, synthesis.world, startAt));
  const tally = new Tally(shoppers);
  const random = createRandom(options.seed);
  const rows: WeekRow[] = [];
  let personas = await site.personas();
  let nItems = synthesis.items.length;
  for (let week = 0; week < weeks; week++) {
    const weekStart = startAt + week * WEEK_MS;
    tally.beginWeek();
    await options.setClock?.(weekStart);
    const nExisting = countExisting(synthesis.world, weekStart);
    await site.addItems(synthesis.world.items.slice(nItems, nExisting));
    nItems = nExisting;
    const visits = planVisits({ shoppers, synthesis, weekStart, random });
    await new ArmWeek(options, shoppers, tally).live(visits, weekStart, week);
    await options.setClock?.(weekStart + WEEK_MS);
    if (policy !== 'no-retraining') {
      await site.retrain((fraction) =>
        options.onProgress((week + 0.7 + 0.3 * fraction) / weeks, `week ${week + 1}, retraining`),
      );
    }
    const after = await site.personas();
    rows.push(tally.endWeek({ week: week + 1, moves: countMoves(personas, after) }));
    personas = after;
  }
  return tally.result(policy, rows);
}

/** Visits of all users, by time. The random draws are the same in every arm. */
function planVisits(options: {
  shoppers: readonly Shopper[];
  synthesis: Synthesis;
  weekStart: number;
  random: Random;
}): Visit[] {
  const { shoppers, synthesis, weekStart, random } = options;
  const visits: Visit[] = [];
  shoppers.forEach((shopper, user) => {
    const own = createRandom(random.int(2 ** 32));
    liveOn(shopper, synthesis.world, weekStart, own);
    if (!comesThisWeek(shopper, own)) return;
    for (const session of planWeek(shopper, synthesis.world, weekStart, own)) visits.push({ user, session });
  });
  return visits.sort((a, b) => a.session.startAt - b.session.startAt || a.user - b.user);
}

class ArmWeek {
  private readonly itemIndex: ReadonlyMap<string, number>;
  /** Per user: the ranking fetched at the start of the week, under `no-fold-in`. */
  private readonly frozen = new Map<number, ShownList>();
  private readonly settled = new Map<number, Set<string>>();

  constructor(
    private readonly options: ArmOptions,
    private readonly shoppers: readonly Shopper[],
    private readonly tally: Tally,
  ) {
    this.itemIndex = new Map(options.synthesis.world.items.map((item, index) => [item.itemId, index]));
  }

  async live(visits: readonly Visit[], weekStart: number, week: number): Promise<void> {
    const { policy, site, setClock, weeks, onProgress } = this.options;
    await setClock?.(weekStart);
    if (policy === 'no-fold-in') {
      await forEachOf([...new Set(visits.map(({ user }) => user))], async (user) => {
        this.frozen.set(user, await site.recommend(this.shoppers[user].userId, FROZEN_LENGTH));
      });
    }
    let done = 0;
    for (const { hour, rounds } of byHour(visits)) {
      await setClock?.(hour);
      for (const [number, round] of rounds.entries()) await this.liveRound(round, hour + number * ROUND_MS);
      done += rounds.reduce((sum, round) => sum + round.length, 0);
      onProgress((week + (0.7 * done) / visits.length) / weeks, `week ${week + 1}, ${done} visits`);
    }
  }

  /** Visits of different users at the same time. */
  private async liveRound(visits: readonly Visit[], at: number): Promise<void> {
    const { site } = this.options;
    const traces: Trace[] = [];
    await forEachOf(visits, async (visit) => {
      traces.push(await this.visit(visit, at));
    });
    await site.record(traces.flatMap(({ events }) => events));
    await forEachOf(
      traces.flatMap(({ thumbs }) => thumbs),
      (thumb) => site.thumb(thumb),
    );
  }

  private async visit({ user, session }: Visit, at: number): Promise<Trace> {
    const shopper = this.shoppers[user];
    if (!session.seesList) return this.trace(user, { aside: session.acts, listed: [], listId: null, at });
    const list = await this.shownTo(user);
    const indices = list.itemIds.map((itemId) => this.indexOf(itemId));
    const listed = shop(shopper, indices, createRandom(session.seed));
    this.tally.count(user, { persona: list.persona, indices, acts: listed });
    return this.trace(user, { aside: session.acts, listed, listId: list.listId, at });
  }

  private indexOf(itemId: string): number {
    const index = this.itemIndex.get(itemId);
    if (index !== undefined) return index;
    throw new InvalidInputError(
      `The server has an item that the simulation did not make, ${itemId}. Simulate on a server with simulated data only.`,
    );
  }

  private async shownTo(user: number): Promise<ShownList> {
    const frozen = this.frozen.get(user);
    const length = PARAMETERS.listLength;
    if (frozen === undefined) return this.options.site.recommend(this.shoppers[user].userId, length);
    const settled = this.settled.get(user);
    const itemIds = frozen.itemIds.filter((itemId) => settled?.has(itemId) !== true).slice(0, length);
    return { ...frozen, itemIds };
  }

  /** Converts acts to API input: thumbs separately, all the rest as events with times. */
  private trace(
    user: number,
    given: { aside: readonly Act[]; listed: readonly Act[]; listId: string | null; at: number },
  ): Trace {
    const { userId, person } = this.shoppers[user];
    const settled = this.settled.get(user) ?? new Set<string>();
    this.settled.set(user, settled);
    const [events, thumbs]: [SiteEvent[], SiteThumb[]] = [[], []];
    let { at } = given;
    const isListed = (place: number) => place < given.listed.length;
    [...given.listed, ...given.aside].forEach((act, place) => {
      const itemId = act.itemIndex === null ? null : this.options.synthesis.world.items[act.itemIndex].itemId;
      const { type, value, position } = act;
      const listId = isListed(place) && position !== null ? given.listId : null;
      if (type === 'like' || type === 'dislike' || type === 'purchase') settled.add(itemId!);
      if (type === 'like' || type === 'dislike') {
        thumbs.push({ userId, itemId: itemId!, value: type === 'like' ? 'UP' : 'DOWN', listId, position });
        return;
      }
      const sessionId = String(given.at);
      const { device } = person;
      events.push({
        userId,
        type: type.toUpperCase(),
        itemId,
        at,
        value,
        sessionId,
        position,
        listId,
        device,
      });
      at += PARAMETERS.pauseSeconds * 1_000;
      if (type === 'view' || type === 'click') at += (value ?? 0) * 1_000;
    });
    return { events, thumbs };
  }
}

/** Groups visits by starting hour, and within an hour into rounds with at most a single visit per user. */
function byHour(visits: readonly Visit[]): { hour: number; rounds: Visit[][] }[] {
  const hours = new Map<number, Visit[][]>();
  for (const visit of visits) {
    const hour = Math.floor(visit.session.startAt / HOUR_MS) * HOUR_MS;
    const rounds = hours.get(hour) ?? [];
    hours.set(hour, rounds);
    const free = rounds.find((round) => round.every(({ user }) => user !== visit.user));
    if (free === undefined) rounds.push([visit]);
    else free.push(visit);
  }
  return [...hours].map(([hour, rounds]) => ({ hour, rounds }));
}

function countMoves(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  let moves = 0;
  for (const [userId, personaId] of after) {
    const was = before.get(userId);
    if (was !== undefined && was !== personaId) moves += 1;
  }
  return moves;
}
