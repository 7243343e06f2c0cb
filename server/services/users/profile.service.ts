/**
 * Stage 3 for one user: the profile, kept warm in memory, moved forward by events, and written behind the record.
 *
 * A profile is a pure function of the user's activity and feedback. What is cached here may run ahead of the stored
 * document by a few hundred milliseconds; `recover` rebuilds the users whose record is ahead (their pending marks).
 *
 * Order. All changes of one user's cached profile run in one queue per user. A change writes the record first, then
 * applies what it wrote. It applies incrementally only to a profile that was read before that write began and whose
 * events are all earlier; otherwise the profile may or may not hold the events already, and it is rebuilt from the record.
 *
 * Instances never overwrite each other: a write names the revision it grew from, and the loser rebuilds from the record,
 * which has both.
 *
 * Revisions. An event raises the revision by one; a rebuild raises it by the events it adds, and by at least one when it
 * changes a profile. It never falls: not below the stored document's, nor below the one this instance has served. Until
 * one instance has read what another wrote, it serves the lower revision.
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
/** Other instances that write the same user meet seldom; this many meetings in a row mean something is wrong. */
const MAX_ATTEMPTS = 20;

interface CacheEntry {
  profile: Profile;
  /** Revision of the stored document that `profile` grew from; 0 when none is stored. */
  storedRevision: number;
  /** `ProfileService.ticks` when reading began. */
  readonly readAt: number;
  /** Whether it was made from the whole record, not from the stored document, which may lag behind the record. */
  readonly isRebuilt: boolean;
  /** Set when a rebuild has taken its place: it must not be written any more. */
  isSuperseded: boolean;
}

interface PendingWrite {
  /** Null: what is cached may lack something; the profile is rebuilt before it is written. */
  readonly entry: CacheEntry | null;
  /** Thumbs whose trace may not be in the activity record yet. */
  readonly thumbs: readonly Feedback[];
  /** Whether other instances need a notice. Thumbs alone reach them by the change stream. */
  readonly isAnnounced: boolean;
}

/**
 * Moves one user forward by events that are in the record (thumbs: in `feedback`). `isRepeat` says that the events were
 * in the record before, so that they are learned only if the profile lacks them. Resolves with whether the profile moved.
 */
export type Apply = (
  userId: string,
  events: readonly BehaviourEvent[],
  options?: { readonly thumbs?: readonly Feedback[]; readonly isRepeat?: boolean },
) => Promise<boolean>;

export interface ProfileServiceOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly clock: () => number;
  readonly log: Logger;
  /** Publishes to the other instances. */
  readonly announce: Announce;
  /** Called after a cached profile was replaced by another one outside of `change`, once that is stored. */
  readonly onReplaced: (profile: Profile) => Promise<void>;
}

export class ProfileService {
  private readonly cache = new LRUCache<string, CacheEntry>({ max: CACHED_PROFILES });
  private readonly loading = new Map<string, Promise<CacheEntry>>();
  private readonly queue = new KeyedQueue();
  private readonly writes: WriteBehind<PendingWrite>;
  /** Rebuilt entries while `write` stores them. */
  private readonly unstored = new Map<string, CacheEntry>();
  /** How many changes of a user run. The user's marks in the record are cleared when there are none. */
  private readonly nChanging = new Map<string, number>();
  /** Users whose marks are to be cleared when the changes that run have ended. */
  private readonly unsettled = new Set<string>();
  /** Users whose cached profile was replaced, until `onReplaced` has been called. */
  private readonly replaced = new Set<string>();
  /** Orders readings of the record against writes to it. */
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

  /** The profile as of now; an empty one for a user without any events. */
  async get(userId: string): Promise<Profile> {
    return (await this.entry(userId)).profile;
  }

  /** Reads many users at once, so that each `get` after it finds its user in memory. */
  async preload(userIds: readonly string[]): Promise<void> {
    const missing = userIds.filter((userId) => this.held(userId) === null && !this.loading.has(userId));
    if (missing.length === 0) return;
    const reading = this.readMany(missing);
    await Promise.all(missing.map((userId) => this.remember(userId, reading)));
  }

  /** The profile if it is already in memory: lets a hot reader skip a turn of the event loop. */
  peek(userId: string): Profile | null {
    return this.cache.get(userId)?.profile ?? null;
  }

  /** Whether a user has moved and is yet to be written. */
  isWaiting(userId: string): boolean {
    return this.writes.get(userId) !== undefined;
  }

  /**
   * Runs one change of the record of these users. `work` writes the record and calls `apply` with what it wrote. Where it
   * fails, the record may hold part of it: the users are rebuilt as soon as the database answers.
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
   * Moves a user in memory by a thumb that another instance took, which stores what follows from it; a later write of
   * this instance meets that one and is made from the record. False where this instance knows other events of the user
   * than that one did, or is changing it; then only the database can tell.
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

  /** Drops a user from memory, e.g. because another instance moved it. The next reader loads it afresh. */
  forget(userId: string): void {
    this.loading.delete(userId);
    this.cache.delete(userId);
  }

  /** Has the next reader load a user afresh, since another instance moved it. */
  async refresh(userId: string): Promise<void> {
    if (this.isWaiting(userId)) await this.writes.drain();
    await this.queue.run([userId], async () => this.forget(userId));
  }

  /** Drops a user together with what is waiting to be written; resolves when no write of it is on its way. */
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
   * Catches up after an unclean stop or a lost connection: rebuilds the users whose record may be ahead of their profile
   * and has the other instances read them again. Returns how many there were.
   */
  async recover(): Promise<number> {
    const { store } = this.options;
    const userIds = new Set((await store.feedback.findPending()).map(({ userId }) => userId));
    for (const userId of await store.activity.findPendingUsers()) userIds.add(userId);
    // With others, the owner of a mark may be alive, and is given time (see succession.ts).
    if (!store.hasChangeStreams) store.activity.adoptMarks(await store.activity.findForeignMarks());
    await this.rebuild([...userIds], { isAnnounced: true });
    return userIds.size;
  }

  /** Recomputes these users from the record and stores what comes out; `isAnnounced`: also where that changes nothing. */
  async rebuild(userIds: readonly string[], { isAnnounced = false } = {}): Promise<void> {
    for (let start = 0; start < userIds.length; start += REBUILD_CHUNK) {
      const chunk = userIds.slice(start, start + REBUILD_CHUNK);
      await this.write(new Map(chunk.map((userId) => [userId, { entry: null, thumbs: [], isAnnounced }])));
    }
  }

  /** Has cached profiles that differ from the stored ones rebuilt and published, e.g. because a notice was lost. */
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

  /** Publishes to the other instances whose stored profiles moved. */
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

  /** Has a user rebuilt from the record with the next batch, and published. */
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
    // Nothing may be left to write, but the marks have to be cleared.
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

  /** What this instance knows of a user without asking the database. */
  private held(userId: string): CacheEntry | null {
    const uncached = [this.writes.get(userId)?.entry, this.unstored.get(userId)];
    return this.cache.get(userId) ?? uncached.find((entry) => entry?.isSuperseded === false) ?? null;
  }

  /** Puts a rebuilt entry in the place of what is cached or waits to be written. */
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
    // Before the activity: what is stored after this reading makes the write of what is read here fail.
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

  /** Has concurrent readers wait for the same reading. One that was forgotten before it ended is done again. */
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

  /** Thumbs first: one that is no longer pending is in the profile that is read afterwards. */
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
   * Writes profiles; those that meet another instance's write, and those in doubt, are rebuilt from the record first.
   * Then, in this order: publishes, and clears the marks that `recover` finds the users by.
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
      // What was rebuilt is in memory; what it took the place of will not be written.
      for (const userId of rebuilt.keys()) this.doubt(userId);
      throw error;
    } finally {
      for (const [userId, entry] of rebuilt)
        if (this.unstored.get(userId) === entry) this.unstored.delete(userId);
    }
  }

  /** Stores profiles, in as many attempts as it takes; adds the users it rebuilt in memory to `rebuilt`. */
  private async storeAll(
    batch: ReadonlyMap<string, PendingWrite>,
    rebuilt: Map<string, CacheEntry>,
  ): Promise<StoredRow[]> {
    const rows: StoredRow[] = [];
    // What superseded an entry may not be stored yet: it is written in the place of the entry.
    let waiting = [...batch].map(([userId, pending]): [string, PendingWrite] => {
      const { entry } = pending;
      return [userId, entry?.isSuperseded === true ? { ...pending, entry: this.held(userId) } : pending];
    });
    for (let attempt = 0; waiting.length > 0; attempt += 1) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`Profiles met other writers ${MAX_ATTEMPTS} times in a row.`);
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

  /** Users of whom nothing is left to apply or to write, so that their marks can go. */
  private settled(rows: readonly StoredRow[]): string[] {
    const current = rows.filter(({ entry, profile }) => entry.profile === profile && !entry.isSuperseded);
    const userIds = current.map(({ profile }) => profile.userId);
    for (const userId of userIds) if (this.nChanging.has(userId)) this.unsettled.add(userId);
    return userIds.filter((userId) => !this.nChanging.has(userId));
  }

  /** Rebuilds users in their queue and puts the results in the place of what is cached. */
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
        // A bulk rebuild does not push the users in use out of memory.
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

  /** One compare-and-set of profiles, after their thumbs' traces. Returns the users whose profile was refused. */
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
  /** What `entry` held when it was written; changes go on meanwhile. */
  readonly profile: Profile;
  readonly thumbs: readonly Feedback[];
  readonly isAnnounced: boolean;
}

/** A profile made from the whole record, and how it differs from what is cached and stored. */
interface Rebuilt {
  readonly entry: CacheEntry;
  /** The user's pending thumbs; all are in the profile. */
  readonly thumbs: readonly Feedback[];
  /** Whether it differs from the cached profile, or from the stored one where none is cached. */
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

/** Whether two profiles say the same, whatever their revisions. */
function isSame(one: Profile, other: Profile): boolean {
  return (
    one.eventCount === other.eventCount &&
    JSON.stringify([one.interactions, one.behaviour]) ===
      JSON.stringify([other.interactions, other.behaviour])
  );
}

/** Whether all events are later than the profile's. Of events at the same instant the record decides which is first. */
function continues(profile: Profile, events: readonly BehaviourEvent[]): boolean {
  if (profile.eventCount === 0) return true;
  return canApply(profile, events) && events.every(({ at }) => at !== profile.behaviour.lastAt);
}

/**
 * Pending thumbs whose trace is not in the profile: between the write of a profile and the end of the pending mark a
 * thumb is in both. Thumbs about one item are stored in order, so all before one that is held are held as well.
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
 * Whether the profile holds the trace of this thumb. An opinion that was there before, from an event, does not mean that
 * this thumb is: its writer counts it as well.
 */
export function holdsThumb({ interactions }: Profile, { itemId, value, at }: Feedback): boolean {
  const held = interactions.find((interaction) => interaction.itemId === itemId);
  return held === undefined ? value === 0 : held.opinion === value && held.at >= at;
}
