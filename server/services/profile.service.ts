/**
 * Stage 3 for one user: the profile, kept warm in memory, moved forward by events, and written behind the record.
 *
 * A profile is a pure function of the user's activity and feedback. What is cached here may run ahead of the stored
 * document by a few hundred milliseconds; after a crash `recover` finds the users whose record is ahead (their
 * pending marks) and rebuilds them. Two instances never overwrite each other: a write names the revision it grew
 * from, and the loser rebuilds from the record, which has both.
 */

import { LRUCache } from 'lru-cache';

import type { BehaviourEvent, Feedback, Logger, Profile } from '../domain/index.js';
import type { Catalogue } from '../features/index.js';
import { applyEvents, canApply, emptyProfile, rebuildProfile } from '../features/index.js';
import type { Store } from '../store/index.js';

import type { Announce } from './announce.js';
import { thumbEvent } from './thumb-event.js';
import { WriteBehind } from './write-behind.js';

const FLUSH_DELAY_MS = 200;
const CACHED_PROFILES = 50_000;
const REBUILD_CHUNK = 500;

interface CacheEntry {
  profile: Profile;
  /** Revision of the stored document that `profile` grew from; 0 when none is stored. */
  storedRevision: number;
}

interface PendingWrite {
  readonly entry: CacheEntry;
  /** Thumbs whose trace is not in the activity record yet. */
  readonly thumbs: readonly Feedback[];
  /** Whether there is more in it than thumbs, which the other instances hear of by themselves. */
  readonly hasEvents: boolean;
}

export interface ProfileServiceOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly clock: () => number;
  readonly log: Logger;
  /** Tells the other instances. */
  readonly announce: Announce;
}

export class ProfileService {
  private readonly cache = new LRUCache<string, CacheEntry>({ max: CACHED_PROFILES });
  private readonly loading = new Map<string, Promise<CacheEntry>>();
  private readonly writes: WriteBehind<PendingWrite>;

  constructor(private readonly options: ProfileServiceOptions) {
    this.writes = new WriteBehind<PendingWrite>({
      name: 'profiles',
      delayMs: FLUSH_DELAY_MS,
      log: options.log,
      write: (batch) => this.write(batch),
      merge: (older, newer) => ({
        entry: newer.entry,
        thumbs: [...older.thumbs, ...newer.thumbs],
        hasEvents: older.hasEvents || newer.hasEvents,
      }),
    });
  }

  /** The profile as of now; an empty one for a user nobody has seen. */
  async get(userId: string): Promise<Profile> {
    return (this.cache.get(userId) ?? (await this.load(userId))).profile;
  }

  /** Reads many users at once, so that each `get` after it finds its user in memory. */
  async preload(userIds: readonly string[]): Promise<void> {
    const missing = userIds.filter((userId) => !this.cache.has(userId) && !this.loading.has(userId));
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
   * Moves one user forward by events that are already in the record (thumbs: in `feedback`). Events that arrive late,
   * earlier than what the profile holds, make it rebuild from the record, which puts them in their place.
   */
  async apply(
    userId: string,
    events: readonly BehaviourEvent[],
    thumbs: readonly Feedback[] = [],
  ): Promise<Profile> {
    const entry = this.cache.get(userId) ?? (await this.load(userId));
    if (events.length === 0) return entry.profile;
    if (!canApply(entry.profile, events)) return this.rebuildOne(userId);
    entry.profile = applyEvents(entry.profile, events, this.options.catalogue);
    this.writes.put(userId, { entry, thumbs, hasEvents: events.length > thumbs.length });
    return entry.profile;
  }

  /**
   * Moves a user in memory by a thumb that another instance took, which stores what follows from it; a later write of
   * this instance meets that one and is made from the record. False where this instance knows other events of the user
   * than that one did; then only the database can tell.
   */
  follow(thumb: Feedback): boolean {
    const { userId } = thumb;
    const entry = this.cache.get(userId);
    if (entry === undefined || this.isWaiting(userId)) return false;
    const event = thumbEvent(thumb);
    if (entry.profile.eventCount !== thumb.afterEvents || !canApply(entry.profile, [event])) return false;
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
    this.forget(userId);
  }

  /** Drops a user together with what is waiting to be written; resolves when no write of it is on its way. */
  async discard(userId: string): Promise<void> {
    this.forget(userId);
    await this.writes.discard(userId);
    this.forget(userId);
  }

  forgetAll(): void {
    this.loading.clear();
    this.cache.clear();
  }

  /** Resolves when all derived documents are written. */
  drain(): Promise<void> {
    return this.writes.drain();
  }

  /** Catches up after a crash: users whose record is ahead of their profile. Returns how many were rebuilt. */
  async recover(): Promise<number> {
    const { store } = this.options;
    const thumbs = await store.feedback.findPending();
    await store.activity.append(thumbs.map(thumbEvent), { derived: true });
    const userIds = new Set(thumbs.map(({ userId }) => userId));
    for (const userId of await store.activity.findPendingUsers()) userIds.add(userId);
    await this.rebuild([...userIds]);
    await store.feedback.markApplied(thumbs);
    return userIds.size;
  }

  /** Recomputes these users from the record and stores what comes out. */
  async rebuild(userIds: readonly string[]): Promise<void> {
    const { store, catalogue } = this.options;
    for (let start = 0; start < userIds.length; start += REBUILD_CHUNK) {
      const chunk = userIds.slice(start, start + REBUILD_CHUNK);
      const stored = new Map(
        (await store.profiles.findMany(chunk)).map((profile) => [profile.userId, profile]),
      );
      const rows = [];
      for (const userId of chunk) {
        const expectedRevision = stored.get(userId)?.revision ?? 0;
        const profile = rebuildProfile(userId, await store.activity.findByUser(userId), catalogue);
        const revision = Math.max(profile.revision, expectedRevision + 1);
        rows.push({ profile: { ...profile, revision }, expectedRevision });
      }
      const refused = new Set(await store.profiles.replaceMany(rows));
      for (const userId of chunk) this.cache.delete(userId);
      await store.activity.markApplied(chunk.filter((userId) => !refused.has(userId)));
    }
  }

  /** Tells the other instances whose stored profiles moved. */
  async announce(userIds: readonly string[]): Promise<void> {
    if (userIds.length > 0) await this.options.announce('profiles', userIds);
  }

  private async rebuildOne(userId: string): Promise<Profile> {
    await this.writes.drain();
    await this.rebuild([userId]);
    return (await this.load(userId)).profile;
  }

  private load(userId: string): Promise<CacheEntry> {
    return this.loading.get(userId) ?? this.remember(userId, this.readMany([userId]));
  }

  /** Has whoever asks meanwhile wait for the same reading. What is forgotten before it ends does not come back. */
  private remember(userId: string, reading: Promise<ReadonlyMap<string, CacheEntry>>): Promise<CacheEntry> {
    const isWanted = () => this.loading.get(userId) === loading;
    const loading = reading
      .then((found) => {
        const entry = found.get(userId)!;
        if (isWanted()) this.cache.set(userId, entry);
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
    const thumbs = new Map<string, Feedback[]>();
    for (const thumb of await store.feedback.findPendingByUsers(userIds)) {
      thumbs.set(thumb.userId, [...(thumbs.get(thumb.userId) ?? []), thumb]);
    }
    const stored = new Map((await store.profiles.findMany(userIds)).map((row) => [row.userId, row]));
    return new Map(
      userIds.map((userId) => [
        userId,
        this.entryOf(userId, stored.get(userId) ?? null, thumbs.get(userId) ?? []),
      ]),
    );
  }

  private entryOf(userId: string, stored: Profile | null, thumbs: readonly Feedback[]): CacheEntry {
    const waiting = this.writes.get(userId);
    if (waiting !== undefined) return waiting.entry;
    const profile = stored ?? emptyProfile(userId);
    // Between the write of a profile and the end of the pending mark a thumb is in both.
    const news = thumbs.filter((thumb) => !isHeld(profile, thumb));
    return {
      profile: applyEvents(profile, news.map(thumbEvent), this.options.catalogue),
      storedRevision: stored?.revision ?? 0,
    };
  }

  private async write(batch: ReadonlyMap<string, PendingWrite>): Promise<void> {
    const { store, clock } = this.options;
    const userIds = [...batch.keys()];
    const rows = [...batch.values()].map(({ entry }) => ({
      profile: entry.profile,
      expectedRevision: entry.storedRevision,
    }));
    const thumbs = [...batch.values()].flatMap((pending) => pending.thumbs);
    const newUsers = rows.filter((row) => row.expectedRevision === 0).map((row) => row.profile.userId);
    if (newUsers.length > 0) {
      const createdAt = clock();
      await store.users.ensure(
        newUsers.map((userId) => ({ userId, locale: null, createdAt, isSynthetic: false })),
      );
    }
    if (thumbs.length > 0) await store.activity.append(thumbs.map(thumbEvent), { derived: true });
    const refused = new Set(await store.profiles.replaceMany(rows));
    for (const { profile } of rows) {
      if (!refused.has(profile.userId)) batch.get(profile.userId)!.entry.storedRevision = profile.revision;
    }
    if (refused.size > 0) await this.rebuild([...refused]);
    // Last: the marks are what a crash is caught up by.
    await store.feedback.markApplied(thumbs);
    await store.activity.markApplied(userIds.filter((userId) => !refused.has(userId)));
    const moved = userIds.filter((userId) => batch.get(userId)!.hasEvents);
    await this.announce(moved);
  }
}

/** An opinion that was there before, from an event, does not mean that this thumb is: its writer counts it as well. */
function isHeld({ interactions }: Profile, { itemId, value, at }: Feedback): boolean {
  const held = interactions.find((interaction) => interaction.itemId === itemId);
  return held === undefined ? value === 0 : held.opinion === value && held.at >= at;
}
