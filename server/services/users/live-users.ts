/**
 * The live user: profile, persona and folded state of a user in a single cache, with a single load and a single write-behind. Events
 * advance the profile and then the persona; both are written after the record. Queries change nothing.
 *
 * A profile is a pure function of the user's activity and feedback. The cached profile may be ahead of the stored
 * document by a few hundred milliseconds; `UserSync.recover` rebuilds users with pending marks: their record is ahead.
 *
 * Order. All changes of a user's cached profile run in a queue per user. A change writes the record first, then applies
 * the events it wrote. It applies them incrementally only to a profile that was read before that write began and has
 * earlier events only; otherwise the profile may or may not hold the events already, and it is rebuilt from the
 * record.
 *
 * Instances never overwrite each other's profiles: a write is a compare-and-set on the revision, and the loser rebuilds
 * from the record, which has the events of both.
 *
 * Revisions. An event raises the revision by 1; a rebuild raises it by the number of events it adds, and by at least
 * 1 if it changes the profile. It never falls below the stored document's revision, nor below a revision this
 * instance has served. Until an instance has read the other's write, it serves the lower revision.
 */

import type { BehaviourEvent, EventPublisher, Feedback, Logger } from '../../domain/index.js';
import type { Catalogue } from '../../features/index.js';
import { applyEvents } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { ModelRegistry } from '../models/index.js';
import type { Announce } from './announce.js';
import { KeyedQueue } from './keyed-queue.js';
import type { Assigned, LiveUser } from './live-user.js';
import { LivePersonas } from './live-personas.js';
import { continues } from './rebuilt-profile.js';
import { UserCache } from './user-cache.js';
import { UserSync } from './user-sync.js';
import { UserWriter } from './user-writer.js';

/**
 * Applies events of a user that are in the record (thumbs: in `feedback`). `isRepeat`: the profile may hold some of them
 * or lack others, so it is rebuilt from the record. Resolves with whether the profile changed.
 */
export type Apply = (
  userId: string,
  events: readonly BehaviourEvent[],
  options?: { readonly thumbs?: readonly Feedback[]; readonly isRepeat?: boolean },
) => Promise<boolean>;

interface LiveUsersOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly registry: Pick<ModelRegistry, 'find'>;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
  /** Publishes a notice to the other instances. */
  readonly announce: Announce;
}

export class LiveUsers {
  readonly personas: LivePersonas;
  readonly sync: UserSync;
  private readonly cache: UserCache;
  private readonly queue = new KeyedQueue();
  private readonly writer: UserWriter;

  constructor(private readonly options: LiveUsersOptions) {
    const { queue } = this;
    const cache = new UserCache({
      ...options,
      waiting: (userId) => this.writer.pending(userId)?.entry ?? null,
    });
    const personas = new LivePersonas({ ...options, cache });
    const writer = new UserWriter({ ...options, cache, queue, personas });
    this.sync = new UserSync({ ...options, cache, queue, personas, writer });
    this.cache = cache;
    this.personas = personas;
    this.writer = writer;
  }

  /** The user in memory, read from the database if needed; empty for a user without events. */
  get(userId: string): LiveUser | Promise<LiveUser> {
    return this.cache.cached(userId) ?? this.cache.entry(userId);
  }

  /** Reads many users in a single query, so that `get` then finds them in memory. */
  preload(userIds: readonly string[]): Promise<void> {
    return this.cache.preload(userIds);
  }

  /** Whether a user is in memory, cached or about to be stored. */
  holds(userId: string): boolean {
    return this.cache.held(userId) !== null;
  }

  /**
   * Runs a change of the record of these users. `work` writes the record and calls `apply` with the written events. If
   * it fails, the record may hold part of them: the users are rebuilt as soon as the database answers.
   */
  async change<T>(userIds: readonly string[], work: (apply: Apply) => Promise<T>): Promise<T> {
    const ids = [...new Set(userIds)];
    await this.cache.preload(ids);
    const startedAt = this.cache.tick();
    for (const userId of ids) this.writer.beginChange(userId);
    try {
      return await work((userId, events, { thumbs = [], isRepeat = false } = {}) => {
        const recordedAt = this.cache.tick();
        return this.queue.run([userId], () =>
          this.apply(userId, { events, thumbs, isRepeat, startedAt, recordedAt }),
        );
      });
    } catch (error) {
      for (const userId of ids) this.writer.doubt(userId);
      throw error;
    } finally {
      for (const userId of ids) this.writer.endChange(userId);
    }
  }

  /** Replaces the assigned persona in memory; the caller has stored it. */
  assign(userId: string, assigned: Assigned): void {
    this.cache.assign(userId, assigned);
  }

  /** Drops a user from memory, by default all users. The next read loads it again, unless it waits to be written. */
  forget(userId?: string): void {
    this.cache.forget(userId);
  }

  /** Drops a user's cached and pending data; resolves when no write of it is in flight. */
  async discard(userId: string): Promise<void> {
    this.cache.forget(userId);
    await this.queue.idle([userId]);
    await this.writer.discard(userId);
    this.cache.forget(userId);
  }

  /** Resolves when all derived documents are written. */
  async drain(): Promise<void> {
    await this.queue.idle();
    await this.writer.drain();
  }

  private async apply(
    userId: string,
    change: {
      readonly events: readonly BehaviourEvent[];
      readonly thumbs: readonly Feedback[];
      readonly isRepeat: boolean;
      readonly startedAt: number;
      readonly recordedAt: number;
    },
  ): Promise<boolean> {
    const { events, thumbs, isRepeat, startedAt, recordedAt } = change;
    const { cache, writer, personas } = this;
    const isDoubtful = writer.isDoubtful(userId);
    if (events.length === 0 && !isRepeat && !isDoubtful) return false;
    const entry = await cache.entry(userId);
    if (!isDoubtful) {
      if (entry.isRebuilt && entry.readAt > recordedAt) {
        writer.settleLater(userId);
        return true;
      }
      if (!isRepeat && entry.readAt < startedAt && continues(entry.profile, events)) {
        entry.profile = applyEvents(entry.profile, events, this.options.catalogue);
        const isAnnounced = events.length > thumbs.length;
        writer.put(userId, { entry, thumbs, isAnnounced, persona: personas.move(entry) });
        return true;
      }
    }
    const [again] = await writer.readRecord([userId]);
    if (again.hasMoved || again.hasToBeStored || isDoubtful) {
      cache.replace(again.entry);
      const persona = personas.move(again.entry, entry.assigned.persona);
      writer.put(userId, { entry: again.entry, thumbs: again.thumbs, isAnnounced: true, persona });
    } else writer.settleLater(userId);
    return again.hasMoved;
  }
}
