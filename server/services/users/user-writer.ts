/**
 * The write-behind of users: stores changed profiles, then personas, then notifies other instances, and last clears the
 * marks by which `UserSync.recover` finds users with a record ahead of their profile.
 */

import type { EventPublisher, Feedback, Logger, PersonaAssignment } from '../../domain/index.js';
import type { Catalogue } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import type { KeyedQueue } from './keyed-queue.js';
import type { LivePersonas } from './live-personas.js';
import type { CacheEntry, RebuiltUser } from './load-users.js';
import { rebuildUsers } from './load-users.js';
import type { PersonaWrite } from './persona-store.js';
import { mergePersonas, storePersonas } from './persona-store.js';
import type { ProfileRow } from './profile-store.js';
import { storeProfiles } from './profile-store.js';
import type { UserCache } from './user-cache.js';
import { WriteBehind } from './write-behind.js';

const FLUSH_DELAY_MS = 200;
const REBUILD_CHUNK = 500;
/** Write conflicts between instances on the same user are rare; this many in a row indicate a fault. */
const MAX_ATTEMPTS = 20;

export interface PendingWrite {
  /** Null: the cached profile may be incomplete and is rebuilt before it is written. */
  readonly entry: CacheEntry | null;
  /** Thumbs that may not have an event in the activity record yet. */
  readonly thumbs: readonly Feedback[];
  /** Whether other instances need a notice. Thumbs alone reach them by the change stream. */
  readonly isAnnounced: boolean;
  /** Null if the persona was not assigned again. */
  readonly persona: PersonaWrite | null;
}

interface StoredRow extends PendingWrite, ProfileRow {
  readonly entry: CacheEntry;
}

interface UserWriterOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly cache: UserCache;
  readonly queue: KeyedQueue;
  readonly personas: LivePersonas;
  readonly bus: EventPublisher;
  readonly clock: () => number;
  readonly log: Logger;
  readonly announce: Announce;
}

export class UserWriter {
  private readonly writes: WriteBehind<PendingWrite>;
  /** Number of running changes per user. The user's marks in the record are cleared only while there are none. */
  private readonly nChanging = new Map<string, number>();
  /** Users with marks to clear when their running changes have ended. */
  private readonly unsettled = new Set<string>();
  /** Users with a profile replaced by a rebuild, until it is published; with the previous persona. */
  private readonly replaced = new Map<string, PersonaAssignment | null>();

  constructor(private readonly options: UserWriterOptions) {
    this.writes = new WriteBehind<PendingWrite>({
      name: 'users',
      delayMs: FLUSH_DELAY_MS,
      log: options.log,
      write: (batch) => this.write(batch),
      merge: (older, newer) => ({
        entry: newer.entry,
        thumbs: [...older.thumbs, ...newer.thumbs],
        isAnnounced: older.isAnnounced || newer.isAnnounced,
        persona: mergePersonas(older.persona, newer.persona),
      }),
    });
  }

  put(userId: string, pending: PendingWrite): void {
    this.writes.put(userId, pending);
  }

  /** The unwritten changes of a user. */
  pending(userId: string): PendingWrite | undefined {
    return this.writes.get(userId);
  }

  /** Schedules a user to be rebuilt from the record with the next batch, and published. */
  doubt(userId: string): void {
    this.put(userId, { entry: null, thumbs: [], isAnnounced: true, persona: null });
  }

  isDoubtful(userId: string): boolean {
    return this.pending(userId)?.entry === null;
  }

  /** Whether a change of the user is running or not yet written. */
  isMoving(userId: string): boolean {
    return this.pending(userId) !== undefined || this.nChanging.has(userId);
  }

  beginChange(userId: string): void {
    this.nChanging.set(userId, (this.nChanging.get(userId) ?? 0) + 1);
  }

  endChange(userId: string): void {
    const nLeft = this.nChanging.get(userId)! - 1;
    if (nLeft > 0) {
      this.nChanging.set(userId, nLeft);
      return;
    }
    this.nChanging.delete(userId);
    if (!this.unsettled.delete(userId)) return;
    // There may be nothing left to write, but the marks must be cleared.
    const entry = this.isDoubtful(userId) ? null : this.options.cache.held(userId);
    this.put(userId, { entry, thumbs: [], isAnnounced: false, persona: null });
  }

  /** Has the marks of a user cleared when its running changes have ended. */
  settleLater(userId: string): void {
    this.unsettled.add(userId);
  }

  /** Drops the unwritten changes of a user; resolves when no write of it is in flight. */
  discard(userId: string): Promise<void> {
    return this.writes.discard(userId);
  }

  /** Resolves when all derived documents are written. */
  async drain(): Promise<void> {
    await this.writes.drain();
    // Personas that a rebuild moved are put while it is written.
    await this.writes.drain();
  }

  /** Rebuilds users from the record, without writing. Runs in their queue. */
  readRecord(userIds: readonly string[]): Promise<RebuiltUser[]> {
    const { cache } = this.options;
    return rebuildUsers(this.options, userIds, {
      readAt: cache.tick(),
      held: (userId) => cache.held(userId)?.profile ?? null,
      waiting: (userId) => this.pending(userId)?.persona ?? null,
    });
  }

  /** Rebuilds users from the record and stores them; see `UserSync.rebuild`. */
  async rebuild(userIds: readonly string[], { isAnnounced }: { isAnnounced: boolean }): Promise<void> {
    for (let start = 0; start < userIds.length; start += REBUILD_CHUNK) {
      const chunk = userIds.slice(start, start + REBUILD_CHUNK);
      const pending = { entry: null, thumbs: [], isAnnounced, persona: null };
      await this.write(new Map(chunk.map((userId) => [userId, pending])));
    }
  }

  /** Profiles that conflict with the write of a different instance, and doubtful profiles, are first rebuilt from the record. */
  private async write(batch: ReadonlyMap<string, PendingWrite>): Promise<void> {
    const { store, cache, personas, bus, clock, announce } = this.options;
    const rebuilt = new Map<string, CacheEntry>();
    try {
      const rows = await this.storeAll(batch, rebuilt);
      for (const userId of batch.keys()) {
        const before = this.replaced.get(userId);
        if (before === undefined) continue;
        const entry = await cache.entry(userId);
        // Put instead of written here: it is merged with an assignment that waits.
        const pending = { entry, thumbs: [], isAnnounced: false, persona: personas.move(entry, before) };
        if (pending.persona !== null) this.put(userId, pending);
        this.replaced.delete(userId);
        bus.publish('recommendations.updated', { userId, cause: 'EVENTS', receivedAt: clock() });
      }
      await storePersonas(store, this.assignmentsOf(batch, rebuilt));
      const announced = rows.filter((row) => row.isAnnounced).map(({ profile }) => profile.userId);
      if (announced.length > 0) await announce('profiles', [...new Set(announced)]);
      await store.feedback.markApplied(rows.flatMap(({ thumbs }) => thumbs));
      await store.activity.markApplied(this.settled(rows));
    } catch (error) {
      // Rebuilt entries exist only in memory, and the entries they replaced will not be written.
      for (const userId of rebuilt.keys()) this.doubt(userId);
      throw error;
    } finally {
      for (const [userId, entry] of rebuilt) cache.release(userId, entry);
    }
  }

  /** Assignments to store with a batch: put with it, or of recovered users. */
  private assignmentsOf(
    batch: ReadonlyMap<string, PendingWrite>,
    rebuilt: ReadonlyMap<string, CacheEntry>,
  ): PersonaWrite[] {
    return [...batch].flatMap(([userId, { persona, isAnnounced }]) => {
      const entry = rebuilt.get(userId);
      const isRecovered = isAnnounced && entry !== undefined && this.pending(userId) === undefined;
      return persona ?? (isRecovered ? this.options.personas.move(entry) : null) ?? [];
    });
  }

  /** Stores profiles, retrying conflicts; adds the users it rebuilt in memory to `rebuilt`. */
  private async storeAll(
    batch: ReadonlyMap<string, PendingWrite>,
    rebuilt: Map<string, CacheEntry>,
  ): Promise<StoredRow[]> {
    const { store, cache, clock } = this.options;
    const rows: StoredRow[] = [];
    // The entry that superseded this entry may not be stored yet: write it instead.
    let waiting = [...batch].map(([userId, pending]): [string, PendingWrite] => {
      const { entry } = pending;
      return [userId, entry?.isSuperseded === true ? { ...pending, entry: cache.held(userId) } : pending];
    });
    for (let attempt = 0; waiting.length > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`Profile writes conflicted ${MAX_ATTEMPTS} times in a row.`);
      const doubtful = waiting.filter(([, { entry }]) => entry === null).map(([userId]) => userId);
      const again = await this.rebuildInMemory(doubtful, rebuilt);
      const attempted = waiting.map(([userId, { entry, thumbs, isAnnounced, persona }]): StoredRow => {
        const read = again.get(userId);
        const current = entry ?? read!.entry;
        return {
          entry: current,
          profile: current.profile,
          thumbs: [...thumbs, ...(read?.thumbs ?? [])],
          isAnnounced: isAnnounced || read?.hasMoved === true,
          persona,
        };
      });
      const refused = await storeProfiles(store, attempted, clock());
      rows.push(...attempted.filter(({ profile }) => !refused.has(profile.userId)));
      waiting = attempted
        .filter(({ profile }) => refused.has(profile.userId))
        .map((row) => [
          row.profile.userId,
          { ...row, entry: row.entry.isSuperseded ? cache.held(row.profile.userId) : null },
        ]);
    }
    return rows;
  }

  /** Users with nothing left to apply or to write, so that their marks can be cleared. */
  private settled(rows: readonly StoredRow[]): string[] {
    const current = rows.filter(({ entry, profile }) => entry.profile === profile && !entry.isSuperseded);
    const userIds = current.map(({ profile }) => profile.userId);
    for (const userId of userIds) if (this.nChanging.has(userId)) this.unsettled.add(userId);
    return userIds.filter((userId) => !this.nChanging.has(userId));
  }

  /** Rebuilds users in their queue and replaces their cached entries. */
  private async rebuildInMemory(
    userIds: readonly string[],
    rebuilt: Map<string, CacheEntry>,
  ): Promise<ReadonlyMap<string, RebuiltUser>> {
    if (userIds.length === 0) return new Map();
    const { cache, queue } = this.options;
    return queue.run(userIds, async () => {
      const found = new Map<string, RebuiltUser>();
      for (const row of await this.readRecord(userIds)) {
        const { userId } = row.entry.profile;
        found.set(userId, row);
        rebuilt.set(userId, row.entry);
        const held = cache.held(userId);
        // A bulk rebuild must not evict users in use from the cache.
        if (held === null) cache.forget(userId);
        else {
          if (row.hasMoved && !this.replaced.has(userId)) this.replaced.set(userId, held.assigned.persona);
          cache.replace(row.entry);
        }
        cache.keep(row.entry);
      }
      return found;
    });
  }
}
