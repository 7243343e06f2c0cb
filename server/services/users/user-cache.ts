/**
 * Users in memory: an LRU cache, the reads that fill it, and the rebuilt users that wait to be stored. Concurrent readers
 * of a user share a read.
 */

import { LRUCache } from 'lru-cache';

import type { Catalogue } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { Assigned } from './live-user.js';
import type { CacheEntry } from './load-users.js';
import { loadUsers } from './load-users.js';

const CACHED_USERS = 20_000;

interface UserCacheOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** The entry that waits to be written. */
  readonly waiting: (userId: string) => CacheEntry | null;
}

export class UserCache {
  private readonly cache = new LRUCache<string, CacheEntry>({ max: CACHED_USERS });
  private readonly loading = new Map<string, Promise<CacheEntry>>();
  /** Rebuilt entries while they are being stored. */
  private readonly unstored = new Map<string, CacheEntry>();
  /** Logical clock that orders reads of the record against writes to it. */
  private ticks = 0;

  constructor(private readonly options: UserCacheOptions) {}

  tick(): number {
    return ++this.ticks;
  }

  /** The cached entry, which counts as used. */
  cached(userId: string): CacheEntry | undefined {
    return this.cache.get(userId);
  }

  /** The cached entry, without counting as used. */
  peek(userId: string): CacheEntry | undefined {
    return this.cache.peek(userId);
  }

  /** The cached users, last used first. */
  cachedEntries(): (readonly [string, CacheEntry])[] {
    return [...this.cache.entries()];
  }

  /** The entry in memory, cached or about to be stored, without a database read. */
  held(userId: string): CacheEntry | null {
    const uncached = [this.options.waiting(userId), this.unstored.get(userId)];
    return this.cache.get(userId) ?? uncached.find((entry) => entry?.isSuperseded === false) ?? null;
  }

  /** The entry in memory, or else as read from the database. */
  async entry(userId: string): Promise<CacheEntry> {
    const held = this.held(userId);
    if (held === null) return this.loading.get(userId) ?? this.remember(userId, this.read([userId]));
    this.cache.set(userId, held);
    return held;
  }

  /** Reads the users that are not in memory in a single query. */
  async preload(userIds: readonly string[]): Promise<void> {
    const missing = userIds.filter((userId) => this.held(userId) === null && !this.loading.has(userId));
    if (missing.length === 0) return;
    const reading = this.read(missing);
    await Promise.all(missing.map((userId) => this.remember(userId, reading)));
  }

  /** Reads users from the database, without keeping them. */
  read(userIds: readonly string[]): Promise<Map<string, CacheEntry>> {
    return loadUsers(this.options, userIds, this.tick());
  }

  /** Replaces the cached and waiting entries of a user with a rebuilt entry. */
  replace(entry: CacheEntry): void {
    const { userId } = entry.profile;
    const older = [this.cache.peek(userId), this.options.waiting(userId), this.unstored.get(userId)];
    for (const other of older) if (other != null && other !== entry) other.isSuperseded = true;
    this.forget(userId);
    this.cache.set(userId, entry);
  }

  /** Replaces the assigned persona of a user in memory. */
  assign(userId: string, assigned: Assigned): void {
    const entry = this.held(userId);
    if (entry === null) return;
    if (entry.assigned.persona?.personaId !== assigned.persona?.personaId) entry.folded = null;
    Object.assign(entry, { assigned, shown: null });
  }

  /** Drops a user, by default all users, unless it waits to be stored. A read that is running is not kept. */
  forget(userId?: string): void {
    if (userId === undefined) {
      this.loading.clear();
      this.cache.clear();
    } else {
      this.loading.delete(userId);
      this.cache.delete(userId);
    }
  }

  /** Whether a rebuilt entry of the user is being stored, which `forget` does not drop. */
  isStoring(userId: string): boolean {
    return this.unstored.has(userId);
  }

  /** Keeps a rebuilt entry readable until `release`, cached or not. */
  keep(entry: CacheEntry): void {
    this.unstored.set(entry.profile.userId, entry);
  }

  release(userId: string, entry: CacheEntry): void {
    if (this.unstored.get(userId) === entry) this.unstored.delete(userId);
  }

  /** If the user is forgotten before the read ends, it is read again. */
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
}
