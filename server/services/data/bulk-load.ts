/**
 * Stages 2 and 3 for many users at once: collects events in any order up to a bounded number, then writes them user by
 * user together with their profiles.
 *
 * New users take the fast path: their profile is computed from the collected events. Events of existing users are
 * appended, and their profiles are rebuilt from the record. Loading the same data again changes nothing; an interrupted
 * load leaves pending marks, which `LiveUsers.recover` handles.
 */

import type { BehaviourEvent } from '../../domain/index.js';
import { KNOWN_TIME_FROM, isTimeKnown } from '../../domain/index.js';
import { rebuildProfile } from '../../features/index.js';
import { repeatedEventId } from '../../ingest/index.js';
import type { Store } from '../../store/index.js';

import type { ActivityMetrics, CatalogueService, LiveUsers } from '../users/index.js';
import { followingWords } from './undated-words.js';

/** Events held in memory before they are written: about 150 MB. */
const MAX_HELD_EVENTS = 400_000;
const USERS_PER_WRITE = 1_000;
const DAY_MS = 86_400_000;

interface BulkLoadOptions {
  readonly store: Store;
  readonly users: LiveUsers;
  readonly catalogue: CatalogueService;
  /** Absent if the counters are rebuilt from the record afterwards. */
  readonly metrics?: ActivityMetrics;
  readonly clock: () => number;
  /** Marks users as created by the synthesiser. */
  readonly isSynthetic: boolean;
  /** Users written so far in the current batch, and their total. */
  readonly onWrite?: (written: number, total: number) => void;
}

interface BulkLoadReport {
  /** Events that were not stored before. */
  readonly recorded: number;
  /** Rows that were stored before this load. */
  readonly duplicates: number;
  /** Rows equal to an earlier row of this load. */
  readonly equalRows: number;
  readonly newUsers: number;
  /** New events with an item that is not in the catalogue. */
  readonly unknownItemEvents: number;
}

export class BulkLoad {
  private held = new Map<string, BehaviourEvent[]>();
  private heldEvents = 0;
  private recorded = 0;
  private duplicates = 0;
  private equalRows = 0;
  private newUsers = 0;
  private unknownItemEvents = 0;

  constructor(private readonly options: BulkLoadOptions) {}

  async add(events: readonly BehaviourEvent[]): Promise<void> {
    for (const event of events) {
      const row = this.held.get(event.userId);
      if (row === undefined) this.held.set(event.userId, [event]);
      else row.push(event);
    }
    this.heldEvents += events.length;
    if (this.heldEvents >= MAX_HELD_EVENTS) await this.write();
  }

  /** Writes the remaining held events. */
  async finish(): Promise<BulkLoadReport> {
    await this.write();
    await this.options.metrics?.drain();
    const { recorded, duplicates, equalRows, newUsers, unknownItemEvents } = this;
    if (unknownItemEvents > 0) await this.options.store.dataset.addUnknownItemEvents(unknownItemEvents);
    return { recorded, duplicates, equalRows, newUsers, unknownItemEvents };
  }

  private async write(): Promise<void> {
    const userIds = [...this.held.keys()].sort();
    for (let start = 0; start < userIds.length; start += USERS_PER_WRITE) {
      await this.writeUsers(userIds.slice(start, start + USERS_PER_WRITE));
      this.options.onWrite?.(Math.min(start + USERS_PER_WRITE, userIds.length), userIds.length);
    }
    this.held = new Map();
    this.heldEvents = 0;
  }

  private async writeUsers(userIds: readonly string[]): Promise<void> {
    const { store, clock, isSynthetic } = this.options;
    const known = new Map(
      (await store.users.findMany(userIds)).map((user) => [user.userId, user.persona?.personaId ?? null]),
    );
    const fresh = userIds.filter((userId) => !known.has(userId));
    if (fresh.length > 0) {
      const now = clock();
      await store.users.ensure(
        fresh.map((userId) => {
          const createdAt = this.firstSeen(userId, now);
          return { userId, locale: this.localeOf(userId), createdAt, isSynthetic };
        }),
      );
      await this.writeFresh(fresh);
    }
    if (known.size > 0)
      await this.writeKnown(
        userIds.filter((userId) => known.has(userId)),
        known,
      );
  }

  private async writeFresh(userIds: readonly string[]): Promise<void> {
    const { store, catalogue } = this.options;
    this.newUsers += userIds.length;
    this.settle(userIds, []);
    const added = await store.activity.append(this.eventsOf(userIds), { fresh: true });
    this.count(added, userIds);
    this.options.metrics?.addHistory(added, new Map());
    const rows = userIds.map((userId) => ({
      profile: rebuildProfile(userId, this.held.get(userId)!, catalogue),
      expectedRevision: 0,
    }));
    const refused = await store.profiles.replaceMany(rows);
    await store.activity.markApplied(userIds);
    if (refused.length > 0) await this.options.users.sync.rebuild(refused);
  }

  private async writeKnown(
    userIds: readonly string[],
    personaIds: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const { store, users } = this.options;
    const undated = userIds.filter((userId) => this.held.get(userId)!.some(({ at }) => !isTimeKnown(at)));
    this.settle(userIds, await store.activity.findBefore(undated, KNOWN_TIME_FROM));
    const added = await store.activity.append(this.eventsOf(userIds), { bulk: true });
    this.count(added, userIds);
    this.options.metrics?.addHistory(added, personaIds);
    const moved = [...new Set(added.map((event) => event.userId))];
    await users.sync.rebuild(moved);
  }

  /**
   * Reduces the held events of these users to the events that must be written, without repeats. `stored`: their stored
   * events of unknown time; statements that a file without times repeats count as stored.
   */
  private settle(userIds: readonly string[], stored: readonly BehaviourEvent[]): void {
    const storedOf = new Map(userIds.map((userId) => [userId, [] as BehaviourEvent[]]));
    for (const event of stored) storedOf.get(event.userId)!.push(event);
    for (const userId of userIds) {
      const held = this.held.get(userId)!;
      const dated = held.filter(({ at }) => isTimeKnown(at));
      const distinct = withoutRepeats(dated.map(numberedPurchases()));
      const words = followingWords(
        held.filter(({ at }) => !isTimeKnown(at)),
        storedOf.get(userId)!,
      );
      this.equalRows += dated.length - distinct.length + words.nEqual;
      this.duplicates += words.nStored;
      this.held.set(userId, words.events.length === 0 ? distinct : [...distinct, ...words.events]);
    }
  }

  private count(added: readonly BehaviourEvent[], userIds: readonly string[]): void {
    const { catalogue } = this.options;
    this.recorded += added.length;
    for (const userId of userIds) this.duplicates += this.held.get(userId)!.length;
    this.duplicates -= added.length;
    for (const { itemId } of added) {
      if (itemId !== null && !catalogue.has(itemId)) this.unknownItemEvents += 1;
    }
  }

  private eventsOf(userIds: readonly string[]): BehaviourEvent[] {
    return userIds.flatMap((userId) => this.held.get(userId)!);
  }

  /** The time of the earliest dated event; `now` without any. */
  private firstSeen(userId: string, now: number): number {
    const times = this.held.get(userId)!.flatMap(({ at }) => (isTimeKnown(at) ? [at] : []));
    return times.reduce((first, at) => Math.min(first, at), now);
  }

  private localeOf(userId: string): string | null {
    return this.held.get(userId)!.find((event) => event.locale !== null)?.locale ?? null;
  }
}

/**
 * Gives equal purchases of a day distinct ids, the same ids whenever a file is read again: in a file with dates but no
 * times, two equal rows are two purchases. (Equal rows that are written in different batches count as duplicates.)
 */
function numberedPurchases(): (event: BehaviourEvent) => BehaviourEvent {
  const counts = new Map<string, number>();
  return (event) => {
    if (event.type !== 'purchase' || event.at % DAY_MS !== 0) return event;
    const count = counts.get(event.id) ?? 0;
    counts.set(event.id, count + 1);
    return count === 0 ? event : { ...event, id: repeatedEventId(event.id, count) };
  };
}

/** The record stores an event id once. */
function withoutRepeats(events: readonly BehaviourEvent[]): BehaviourEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
