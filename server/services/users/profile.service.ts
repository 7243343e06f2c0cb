/**
 * Stage 3 for a single user: the profile, cached in memory, advanced by events, and written after the record.
 *
 * A profile is a pure function of the user's activity and feedback. The cached profile may be ahead of the stored
 * document by a few hundred milliseconds; `recover` rebuilds users with pending marks, because their record is ahead.
 *
 * Order. All changes of a user's cached profile run in a queue per user. A change writes the record first, then applies
 * the events it wrote. It applies them incrementally only to a profile that was read before that write began and whose
 * events are all earlier; otherwise the profile may or may not hold the events already, and it is rebuilt from the
 * record.
 *
 * Instances never overwrite each other's profiles: a write is a compare-and-set on the revision, and the loser rebuilds
 * from the record, which has the events of both.
 *
 * Revisions. An event raises the revision by 1; a rebuild raises it by the number of events it adds, and by at least
 * one if it changes the profile. It never falls below the stored document's revision, nor below a revision this
 * instance has served. Until an instance has read the other's write, it serves the lower revision.
 */

import { LRUCache } from 'lru-cache';

import type { BehaviourEvent, Feedback, Logger, Profile } from '../../domain/index.js';
import { groupBy } from '../../domain/index.js';
import type { Catalogue } from '../../features/index.js';
import { applyEvents, canApply, emptyProfile, rebuildProfile } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { Announce } from './announce.js';
import { KeyedQueue } from './keyed-queue.js';
import { thumbEvent } from './thumb-event.js';
import { WriteBehind } from './write-behind.js';

const FLUSH_DELAY_MS = 200;
const CACHED_PROFILES = 50_000;
const REBUILD_CHUNK = 500;
const VERIFIED_TOGETHER = 100;
/** Write conflicts between instances on the same user are rare; this many in a row indicate a fault. */
const MAX_ATTEMPTS = 20;

interface CacheEntry {
  profile: Profile;
  /** Revision of the stored document that `profile` is based on; 0 if none is stored. */
  storedRevision: number;
  /** `ProfileService.ticks` when the read began. */
  readonly readAt: number;
  /** Whether it was built from the whole record; the stored document may lag behind the record. */
  readonly isRebuilt: boolean;
  /** Set when a rebuilt entry has replaced it: it must not be written any more. */
  isSuperseded: boolean;
}

interface PendingWrite {
  /** Null: the cached profile may be incomplete and is rebuilt before it is written. */
  readonly entry: CacheEntry | null;
  /** Thumbs that may not have an event in the activity record yet. */
  readonly thumbs: readonly Feedback[];
  /** Whether other instances need a notice. Thumbs alone reach them by the change stream. */
  readonly isAnnounced: boolean;
}

/**
 * Applies events of a user that are in the record (thumbs: in `feedback`). `isRepeat`: the events were in the record
 * before, so they are applied only if the profile lacks them. Resolves with whether the profile changed.
 */
export type Apply = (
  userId: string,
  events: readonly BehaviourEvent[],
  options?: { readonly thumbs?: readonly Feedback[]; readonly isRepeat?: boolean },
) => Promise<boolean>;

interface ProfileServiceOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly clock: () => number;
  readonly log: Logger;
  /** Publishes a notice to the other instances. */
  readonly announce: Announce;
  /** Called when a cached profile was replaced outside of `change`, after the new profile is stored. */
  readonly onReplaced: (profile: Profile) => Promise<void>;
}

export class ProfileService {
  private readonly cache = new LRUCache<string, CacheEntry>({ max: CACHED_PROFILES });
  private readonly loading = new Map<string, Promise<CacheEntry>>();
  private readonly queue = new KeyedQueue();
  private readonly writes: WriteBehind<PendingWrite>;
  /** Rebuilt entries while `write` stores them. */
  private readonly unstored = new Map<string, CacheEntry>();
  /** Number of running changes per user. The user's marks in the record are cleared only while there are none. */
  private readonly nChanging = new Map<string, number>();
  /** Users with marks to clear when their running changes have ended. */
  private readonly unsettled = new Set<string>();
  /** Users with a replaced cached profile, until `onReplaced` has been called. */
  private readonly replaced = new Set<string>();
  /** Logical clock that orders reads of the record against writes to it. */
  private ticks = 0;

  constructor(private readonly options: ProfileServiceOptions) {
    this.writes = new WriteBehind<PendingWrite>({
      name: 'profiles',
      delayMs: FLUSH_DELAY_MS,
      log: options.log,
      write: (batch) => this.write(batch),
      merge: (older, newer) => ({
        entry: newer.entry,
        thumbs: [...older.thumbs, ...newer.thumbs],
        isAnnounced: older.isAnnounced || newer.isAnnounced,
      }),
    });
  }

  /** The current profile; empty for a user without events. */
  async get(userId: string): Promise<Profile> {
    return (await this.entry(userId)).profile;
  }

  /** Reads many users in a single query, so that `get` then finds them in memory. */
  async preload(userIds: readonly string[]): Promise<void> {
    const missing = userIds.filter((userId) => this.held(userId) === null && !this.loading.has(userId));
    if (missing.length === 0) return;
    const reading = this.readMany(missing);
    await Promise.all(missing.map((userId) => this.remember(userId, reading)));
  }

  /** The profile if it is in memory, without waiting for a turn of the event loop. */
  peek(userId: string): Profile | null {
    return this.cache.get(userId)?.profile ?? null;
  }

  /** Whether a user has changes that are not yet written. */
  isWaiting(userId: string): boolean {
    return this.writes.get(userId) !== undefined;
  }

  /**
   * Runs a change of the record of these users. `work` writes the record and calls `apply` with the written events. If
   * it fails, the record may hold part of them: the users are rebuilt as soon as the database answers.
   */
  async change<T>(userIds: readonly string[], work: (apply: Apply) => Promise<T>): Promise<T> {
    const ids = [...new Set(userIds)];
    await this.preload(ids);
    const startedAt = ++this.ticks;
    for (const userId of ids) this.nChanging.set(userId, (this.nChanging.get(userId) ?? 0) + 1);
    try {
      return await work((userId, events, { thumbs = [], isRepeat = false } = {}) => {
        const recordedAt = ++this.ticks;
        return this.queue.run([userId], () =>
          this.apply(userId, { events, thumbs, isRepeat, startedAt, recordedAt }),
        );
      });
    } catch (error) {
      for (const userId of ids) this.doubt(userId);
      throw error;
    } finally {
      for (const userId of ids) this.endChange(userId);
    }
  }

  /**
   * Applies a thumb that another instance recorded to the cached profile. That instance stores the result; a later
   * write of this instance conflicts with it and is rebuilt from the record. False if this instance has seen other
   * events of the user than that instance, or is changing the user; then the profile must be read from the database.
   */
  follow(thumb: Feedback): boolean {
    const { userId } = thumb;
    const entry = this.cache.get(userId);
    if (entry === undefined || this.isWaiting(userId) || this.queue.isBusy(userId)) return false;
    const event = thumbEvent(thumb);
    if (entry.profile.eventCount !== thumb.afterEvents || !continues(entry.profile, [event])) return false;
    entry.profile = applyEvents(entry.profile, [event], this.options.catalogue);
    return true;
  }

  /** Drops a user from memory, e.g. because it was changed elsewhere. The next read loads it again. */
  forget(userId: string): void {
    this.loading.delete(userId);
    this.cache.delete(userId);
  }

  /** Makes the next read load a user again, after a change on other instances. */
  async refresh(userId: string): Promise<void> {
    if (this.isWaiting(userId)) await this.writes.drain();
    await this.queue.run([userId], async () => this.forget(userId));
  }

  /** Drops a user's cached and pending data; resolves when no write of it is in flight. */
  async discard(userId: string): Promise<void> {
    this.forget(userId);
    await this.queue.idle([userId]);
    await this.writes.discard(userId);
    this.forget(userId);
  }

  forgetAll(): void {
    this.loading.clear();
    this.cache.clear();
  }

  /** Resolves when all derived documents are written. */
  async drain(): Promise<void> {
    await this.queue.idle();
    await this.writes.drain();
  }

  /**
   * Recovers from an unclean stop or a lost connection: rebuilds users whose record may be ahead of their profile and
   * makes the other instances read them again. Returns the number of users.
   */
  async recover(): Promise<number> {
    const { store } = this.options;
    const userIds = new Set((await store.feedback.findPending()).map(({ userId }) => userId));
    for (const userId of await store.activity.findPendingUsers()) userIds.add(userId);
    // With other instances, the owner of a mark may still be running and is given time (see succession.ts).
    if (!store.hasChangeStreams) store.activity.adoptMarks(await store.activity.findForeignMarks());
    await this.rebuild([...userIds], { isAnnounced: true });
    return userIds.size;
  }

  /**
   * Recomputes these users from the record and stores the result; `isAnnounced`: notify other instances even if nothing
   * changes.
   */
  async rebuild(userIds: readonly string[], { isAnnounced = false } = {}): Promise<void> {
    for (let start = 0; start < userIds.length; start += REBUILD_CHUNK) {
      const chunk = userIds.slice(start, start + REBUILD_CHUNK);
      await this.write(new Map(chunk.map((userId) => [userId, { entry: null, thumbs: [], isAnnounced }])));
    }
  }

  /** Rebuilds and publishes cached profiles that differ from the stored profiles, e.g. because a notice was lost. */
  async verify(): Promise<void> {
    const userIds = [...this.cache.keys()];
    for (let start = 0; start < userIds.length; start += VERIFIED_TOGETHER) {
      const chunk = userIds
        .slice(start, start + VERIFIED_TOGETHER)
        .filter((userId) => !this.isMoving(userId));
      const held = new Map(chunk.map((userId) => [userId, this.cache.peek(userId)?.profile]));
      for (const [userId, { profile }] of await this.readMany(chunk)) {
        const current = this.cache.peek(userId)?.profile;
        if (current === undefined || current !== held.get(userId) || this.isMoving(userId)) continue;
        if (profile.revision !== current.revision) this.doubt(userId);
      }
    }
  }

  /** Notifies other instances of changed stored profiles. */
  async announce(userIds: readonly string[]): Promise<void> {
    if (userIds.length > 0) await this.options.announce('profiles', userIds);
  }

  private isMoving(userId: string): boolean {
    return this.isWaiting(userId) || this.queue.isBusy(userId) || this.nChanging.has(userId);
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
    const isDoubtful = this.writes.get(userId)?.entry === null;
    if (events.length === 0 && !isRepeat && !isDoubtful) return false;
    const entry = await this.entry(userId);
    if (!isDoubtful) {
      if (entry.isRebuilt && entry.readAt > recordedAt) {
        this.unsettled.add(userId);
        return true;
      }
      if (!isRepeat && entry.readAt < startedAt && continues(entry.profile, events)) {
        entry.profile = applyEvents(entry.profile, events, this.options.catalogue);
        this.writes.put(userId, { entry, thumbs, isAnnounced: events.length > thumbs.length });
        return true;
      }
    }
    const [again] = await this.readRecord([userId]);
    if (again.hasMoved || again.hasToBeStored || isDoubtful) {
      this.replace(again.entry);
      this.writes.put(userId, { entry: again.entry, thumbs: again.thumbs, isAnnounced: true });
    } else this.unsettled.add(userId);
    return again.hasMoved;
  }

  /** Schedules a user to be rebuilt from the record with the next batch, and published. */
  private doubt(userId: string): void {
    this.writes.put(userId, { entry: null, thumbs: [], isAnnounced: true });
  }

  private endChange(userId: string): void {
    const nLeft = this.nChanging.get(userId)! - 1;
    if (nLeft > 0) {
      this.nChanging.set(userId, nLeft);
      return;
    }
    this.nChanging.delete(userId);
    if (!this.unsettled.delete(userId)) return;
    // There may be nothing left to write, but the marks must be cleared.
    const isDoubtful = this.writes.get(userId)?.entry === null;
    this.writes.put(userId, {
      entry: isDoubtful ? null : this.held(userId),
      thumbs: [],
      isAnnounced: false,
    });
  }

  private async entry(userId: string): Promise<CacheEntry> {
    const held = this.held(userId);
    if (held === null) return this.loading.get(userId) ?? this.remember(userId, this.readMany([userId]));
    this.cache.set(userId, held);
    return held;
  }

  /** The user's entry in memory, without a database read. */
  private held(userId: string): CacheEntry | null {
    const uncached = [this.writes.get(userId)?.entry, this.unstored.get(userId)];
    return this.cache.get(userId) ?? uncached.find((entry) => entry?.isSuperseded === false) ?? null;
  }

  /** Replaces the cached and pending entries of a user with a rebuilt entry. */
  private replace(entry: CacheEntry): void {
    const { userId } = entry.profile;
    const older = [this.cache.peek(userId), this.writes.get(userId)?.entry, this.unstored.get(userId)];
    for (const other of older) if (other != null && other !== entry) other.isSuperseded = true;
    this.forget(userId);
    this.cache.set(userId, entry);
  }

  /** Rebuilds users from the record, without writing. Runs in their queue. */
  private async readRecord(userIds: readonly string[]): Promise<Rebuilt[]> {
    const { store, catalogue } = this.options;
    const readAt = ++this.ticks;
    const pending = groupBy(await store.feedback.findPendingByUsers(userIds), ({ userId }) => userId);
    // Read before the activity: a profile stored after this read makes the compare-and-set of the result fail.
    const stored = new Map((await store.profiles.findMany(userIds)).map((row) => [row.userId, row]));
    const rebuilt: Rebuilt[] = [];
    for (const userId of userIds) {
      const events = await store.activity.findByUser(userId);
      const known = new Set(events.map(({ id }) => id));
      const thumbs = pending.get(userId) ?? [];
      const news = thumbs.map(thumbEvent).filter(({ id }) => !known.has(id));
      const profile = rebuildProfile(userId, [...events, ...news], catalogue);
      rebuilt.push(
        rebuiltOf({
          profile,
          stored: stored.get(userId) ?? null,
          held: this.held(userId)?.profile ?? null,
          ...{ thumbs, readAt },
        }),
      );
    }
    return rebuilt;
  }

  /** Makes concurrent readers share a read. If the user is forgotten before the read ends, it is read again. */
  private remember(userId: string, reading: Promise<ReadonlyMap<string, CacheEntry>>): Promise<CacheEntry> {
    const isWanted = () => this.loading.get(userId) === loading;
    const loading = reading
      .then((found) => {
        if (!isWanted()) return this.entry(userId);
        const entry = found.get(userId)!;
        this.cache.set(userId, entry);
        return entry;
      })
      .finally(() => {
        if (isWanted()) this.loading.delete(userId);
      });
    this.loading.set(userId, loading);
    return loading;
  }

  /** Reads thumbs first: a thumb that is no longer pending by then is in the profile that is read afterwards. */
  private async readMany(userIds: readonly string[]): Promise<Map<string, CacheEntry>> {
    const { store } = this.options;
    const readAt = ++this.ticks;
    const thumbs = groupBy(await store.feedback.findPendingByUsers(userIds), ({ userId }) => userId);
    const stored = new Map((await store.profiles.findMany(userIds)).map((row) => [row.userId, row]));
    const read = userIds.map((userId): [string, CacheEntry] => {
      const profile = stored.get(userId) ?? emptyProfile(userId);
      const news = unheld(profile, thumbs.get(userId) ?? []).map(thumbEvent);
      const entry = {
        profile: applyEvents(profile, news, this.options.catalogue),
        storedRevision: stored.get(userId)?.revision ?? 0,
        ...{ readAt, isRebuilt: false, isSuperseded: false },
      };
      return [userId, entry];
    });
    return new Map(read);
  }

  /**
   * Writes profiles; profiles that conflict with another instance's write, and doubtful profiles, are first rebuilt
   * from the record. Then notifies other instances, and last clears the marks by which `recover` finds the users.
   */
  private async write(batch: ReadonlyMap<string, PendingWrite>): Promise<void> {
    const { store } = this.options;
    const rebuilt = new Map<string, CacheEntry>();
    try {
      const rows = await this.storeAll(batch, rebuilt);
      for (const userId of batch.keys()) {
        if (!this.replaced.has(userId)) continue;
        await this.options.onReplaced(await this.get(userId));
        this.replaced.delete(userId);
      }
      await this.announce([
        ...new Set(rows.filter((row) => row.isAnnounced).map(({ profile }) => profile.userId)),
      ]);
      await store.feedback.markApplied(rows.flatMap(({ thumbs }) => thumbs));
      await store.activity.markApplied(this.settled(rows));
    } catch (error) {
      // Rebuilt entries exist only in memory, and the entries they replaced will not be written.
      for (const userId of rebuilt.keys()) this.doubt(userId);
      throw error;
    } finally {
      for (const [userId, entry] of rebuilt)
        if (this.unstored.get(userId) === entry) this.unstored.delete(userId);
    }
  }

  /** Stores profiles, retrying conflicts; adds the users it rebuilt in memory to `rebuilt`. */
  private async storeAll(
    batch: ReadonlyMap<string, PendingWrite>,
    rebuilt: Map<string, CacheEntry>,
  ): Promise<StoredRow[]> {
    const rows: StoredRow[] = [];
    // The entry that superseded this entry may not be stored yet: write it instead.
    let waiting = [...batch].map(([userId, pending]): [string, PendingWrite] => {
      const { entry } = pending;
      return [userId, entry?.isSuperseded === true ? { ...pending, entry: this.held(userId) } : pending];
    });
    for (let attempt = 0; waiting.length > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`Profile writes conflicted ${MAX_ATTEMPTS} times in a row.`);
      const doubtful = waiting.filter(([, { entry }]) => entry === null).map(([userId]) => userId);
      const again = await this.rebuildInMemory(doubtful, rebuilt);
      const attempted = waiting.map(([userId, { entry, thumbs, isAnnounced }]): StoredRow => {
        const read = again.get(userId);
        const current = entry ?? read!.entry;
        return {
          entry: current,
          profile: current.profile,
          thumbs: [...thumbs, ...(read?.thumbs ?? [])],
          isAnnounced: isAnnounced || read?.hasMoved === true,
        };
      });
      const refused = await this.store(attempted);
      rows.push(...attempted.filter(({ profile }) => !refused.has(profile.userId)));
      waiting = attempted
        .filter(({ profile }) => refused.has(profile.userId))
        .map(({ entry, profile: { userId }, thumbs, isAnnounced }) => [
          userId,
          { entry: entry.isSuperseded ? this.held(userId) : null, thumbs, isAnnounced },
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
  ): Promise<ReadonlyMap<string, Rebuilt>> {
    if (userIds.length === 0) return new Map();
    return this.queue.run(userIds, async () => {
      const found = new Map<string, Rebuilt>();
      for (const row of await this.readRecord(userIds)) {
        const { userId } = row.entry.profile;
        found.set(userId, row);
        rebuilt.set(userId, row.entry);
        // A bulk rebuild must not evict users in use from the cache.
        if (this.held(userId) === null) this.forget(userId);
        else {
          if (row.hasMoved) this.replaced.add(userId);
          this.replace(row.entry);
        }
        this.unstored.set(userId, row.entry);
      }
      return found;
    });
  }

  /**
   * Appends the events of the thumbs, then writes profiles by compare-and-set. Returns the users whose profile was
   * refused.
   */
  private async store(rows: readonly StoredRow[]): Promise<ReadonlySet<string>> {
    const { store, clock } = this.options;
    const changed = rows.filter(({ entry, profile }) => entry.storedRevision !== profile.revision);
    const newUsers = changed.filter(({ entry }) => entry.storedRevision === 0);
    if (newUsers.length > 0) {
      const createdAt = clock();
      await store.users.ensure(
        newUsers.map(({ profile: { userId } }) => ({ userId, locale: null, createdAt, isSynthetic: false })),
      );
    }
    const thumbs = rows.flatMap((row) => row.thumbs);
    if (thumbs.length > 0) await store.activity.append(thumbs.map(thumbEvent), { derived: true });
    const replacements = changed.map(({ entry, profile }) => ({
      profile,
      expectedRevision: entry.storedRevision,
    }));
    const refused = new Set(replacements.length === 0 ? [] : await store.profiles.replaceMany(replacements));
    for (const { entry, profile } of changed) {
      if (!refused.has(profile.userId)) entry.storedRevision = profile.revision;
    }
    return refused;
  }
}

interface StoredRow {
  readonly entry: CacheEntry;
  /** `entry.profile` at the time of the write; the entry may change in the meantime. */
  readonly profile: Profile;
  readonly thumbs: readonly Feedback[];
  readonly isAnnounced: boolean;
}

/** A profile built from the whole record, and its differences from the cached and the stored profile. */
interface Rebuilt {
  readonly entry: CacheEntry;
  /** The user's pending thumbs; all are in the profile. */
  readonly thumbs: readonly Feedback[];
  /** Whether it differs from the cached profile, or from the stored profile if none is cached. */
  readonly hasMoved: boolean;
  readonly hasToBeStored: boolean;
}

function rebuiltOf({
  profile,
  stored,
  held,
  thumbs,
  readAt,
}: {
  readonly profile: Profile;
  readonly stored: Profile | null;
  readonly held: Profile | null;
  readonly thumbs: readonly Feedback[];
  readonly readAt: number;
}): Rebuilt {
  const isStored = stored === null ? profile.eventCount === 0 : isSame(profile, stored);
  const hasMoved = held === null ? !isStored : !isSame(profile, held);
  const storedRevision = stored?.revision ?? 0;
  const nAdded = profile.eventCount - (stored?.eventCount ?? 0);
  const isErased = stored === null && profile.eventCount === 0;
  const revision = isErased
    ? 0
    : Math.max(
        storedRevision + (isStored ? 0 : Math.max(1, nAdded)),
        held === null ? 0 : held.revision + Number(hasMoved),
      );
  return {
    entry: {
      profile: { ...profile, revision },
      ...{ storedRevision, readAt, isRebuilt: true, isSuperseded: false },
    },
    ...{ thumbs, hasMoved, hasToBeStored: revision !== storedRevision },
  };
}

/** Whether two profiles are equal apart from their revisions. */
function isSame(one: Profile, other: Profile): boolean {
  return (
    one.eventCount === other.eventCount &&
    JSON.stringify([one.interactions, one.behaviour]) ===
      JSON.stringify([other.interactions, other.behaviour])
  );
}

/**
 * Whether all events are later than the profile's last event. The record decides the order of events with equal times.
 */
function continues(profile: Profile, events: readonly BehaviourEvent[]): boolean {
  if (profile.eventCount === 0) return true;
  return canApply(profile, events) && events.every(({ at }) => at !== profile.behaviour.lastAt);
}

/**
 * Pending thumbs whose event is not in the profile: between the write of a profile and the clearing of the pending
 * mark, a thumb is in both. Thumbs on the same item are stored in order, so all thumbs before a held thumb are held as
 * well.
 */
function unheld(profile: Profile, thumbs: readonly Feedback[]): Feedback[] {
  const heldSeq = new Map<string, number>();
  for (const thumb of thumbs) {
    if (holdsThumb(profile, thumb))
      heldSeq.set(thumb.itemId, Math.max(thumb.seq, heldSeq.get(thumb.itemId) ?? 0));
  }
  return thumbs.filter(({ itemId, seq }) => seq > (heldSeq.get(itemId) ?? 0));
}

/**
 * Whether the profile holds the event of this thumb. An equal opinion from an earlier event does not count: the thumb's
 * writer counts the thumb as well.
 */
export function holdsThumb({ interactions }: Profile, { itemId, value, at }: Feedback): boolean {
  const held = interactions.find((interaction) => interaction.itemId === itemId);
  return held === undefined ? value === 0 : held.opinion === value && held.at >= at;
}
