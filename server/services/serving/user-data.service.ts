/**
 * The data subject's use cases: export and erasure of all data held about a user.
 *
 * An erasure covers all collections, the memory of every instance (they follow deletions of `users`), and the user
 * lists inside stored model versions. The database's oplog keeps removed entries for its retention; the receipt says
 * so. Pending writes are dropped, and writes in flight are awaited first; a later write based on the old state is
 * refused by its compare-and-set. An erased user who returns is a new user. Aggregates without user ids (metric
 * buckets, the embeddings of a version) stay; the next version is trained without the user.
 */

import { LRUCache } from 'lru-cache';

import type { ErasureReceipt, EventBus, Logger, UserData } from '../../domain/index.js';
import { HOUR_MS } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import { MAP_USERS, blankUsers } from '../models/index.js';
import type { ModelRegistry } from '../models/index.js';
import type { LiveUsers } from '../users/index.js';
import type { UserDataPort } from '../index.js';
import type { ShownLists } from './shown-lists.js';

const ALL = 1_000_000;
/** Erased users kept in memory, for versions that were read before the erasure and are activated within the hour. */
const MAX_ERASED = 10_000;
const ERASED_TTL_MS = HOUR_MS;
/** More than the number of versions kept. */
const ALL_VERSIONS = 1_000;

interface UserDataServiceOptions {
  readonly store: Store;
  readonly registry: ModelRegistry;
  readonly users: LiveUsers;
  readonly shown: ShownLists;
  readonly bus: EventBus;
  readonly createId: () => string;
  readonly clock: () => number;
  readonly log: Logger;
  /** Maximum retention of the database's oplog; null if unknown. */
  readonly oplogKeptMs: number | null;
}

export class UserDataService implements UserDataPort {
  private readonly watching = new AbortController();
  /** Users erased by this process, until the change stream delivers the deletion. */
  private readonly own = new Set<string>();
  /** Users known to be erased: a version that was read before the erasure may bring them back into memory. */
  private readonly erased = new LRUCache<string, true>({ max: MAX_ERASED, ttl: ERASED_TTL_MS });
  private stopListening = (): void => undefined;

  constructor(private readonly options: UserDataServiceOptions) {}

  async export(userId: string): Promise<UserData | null> {
    const { store, users, shown, clock } = this.options;
    await Promise.all([users.drain(), shown.drain()]);
    const [user, profile, activity, feedback, personaHistory, shownLists, tokens] = await Promise.all([
      store.users.find(userId),
      store.profiles.find(userId),
      store.activity.findByUser(userId),
      store.feedback.findByUser(userId),
      store.personaHistory.findByUser(userId, ALL),
      store.shownLists.findByUser(userId),
      store.tokens.findByUser(userId),
    ]);
    if (user === null && profile === null && activity.length === 0 && feedback.length === 0) return null;
    const at = { userId, exportedAt: clock() };
    return { ...at, user, profile, activity, feedback, personaHistory, shownLists, tokens };
  }

  async erasable(userId: string): Promise<Record<string, number> | null> {
    const held = await this.export(userId);
    const counts = {
      feedback: held?.feedback.length ?? 0,
      activity: held?.activity.length ?? 0,
      profiles: held?.profile == null ? 0 : 1,
      users: held?.user == null ? 0 : 1,
      personaHistory: held?.personaHistory.length ?? 0,
      shownLists: held?.shownLists.length ?? 0,
      tokens: held?.tokens.length ?? 0,
      modelVersions: await this.inVersions(userId),
    };
    return Object.values(counts).every((count) => count === 0) ? null : counts;
  }

  async erase(userId: string): Promise<ErasureReceipt | null> {
    const { store, createId, clock, log } = this.options;
    const requestedAt = clock();
    if (store.hasChangeStreams) this.own.add(userId);
    await this.settle(userId);
    // Inserts the user if absent, because other instances may not have written it yet: they learn of the erasure from
    // the deletion of this row.
    const user = { userId, locale: null, createdAt: requestedAt, isSynthetic: false };
    const added = await store.users.ensure([user]);
    const rows = await this.removeRows(userId);
    // After the user row: a run that stores its map concurrently then checks which users still exist.
    const modelVersions = await this.blankInVersions(userId);
    const removed = { ...rows, users: Math.max(0, rows.users - added), modelVersions };
    if (rows.users === 0) this.own.delete(userId);
    if (Object.values(removed).every((count) => count === 0)) return null;
    await this.forget(userId);
    const completedAt = clock();
    const times = { requestedAt, completedAt };
    const receipt = { receiptId: createId(), userId, ...times, removed, ...this.remainder(completedAt) };
    log.info({ receiptId: receipt.receiptId, removed }, 'user erased');
    return receipt;
  }

  /**
   * Data that remains after the deletion: a database with change streams logs every write, including the removed rows.
   */
  private remainder(completedAt: number): Pick<ErasureReceipt, 'remains' | 'until'> {
    const { store, oplogKeptMs } = this.options;
    if (!store.hasChangeStreams) return { remains: null, until: null };
    return oplogKeptMs === null
      ? {
          remains:
            'The oplog of the database keeps the removed entries until it drops them; its size or its retention decides when.',
          until: null,
        }
      : {
          remains:
            'The oplog of the database keeps the removed entries until then, counted while a server runs.',
          until: completedAt + oplogKeptMs,
        };
  }

  /**
   * Follows erasures by other processes, and activations of versions that may still contain erased users, until
   * `close`.
   */
  follow(): void {
    const { signal } = this.watching;
    const deleted = this.options.store.users.watchDeleted({ signal });
    if (deleted !== null) void this.followDeleted(deleted);
    // Stored maps no longer contain erased users; a version read before the erasure may.
    this.stopListening = this.options.bus.listen('model.activated', () => {
      for (const erasedId of this.erased.keys()) this.options.registry.forgetUser(erasedId);
    });
  }

  close(): void {
    this.watching.abort();
    this.stopListening();
  }

  private async followDeleted(deleted: AsyncIterable<string>): Promise<void> {
    for await (const userId of deleted) {
      if (this.own.delete(userId)) continue;
      // Delete rows written before this process saw the erasure; it caches every user it writes.
      if (this.options.users.holds(userId)) await this.removeAgain(userId);
      await this.forget(userId);
    }
  }

  private async removeAgain(userId: string): Promise<void> {
    try {
      await this.settle(userId);
      const { users } = await this.removeRows(userId);
      if (users > 0) this.own.add(userId);
    } catch (error) {
      this.options.log.error(
        { err: error },
        'rows written before an erasure by another instance could not be deleted',
      );
    }
  }

  /** Drops pending writes and waits for writes in flight. */
  private async settle(userId: string): Promise<void> {
    const { users, shown } = this.options;
    shown.forget(userId);
    await Promise.all([users.discard(userId), shown.drain()]);
  }

  private async removeRows(userId: string): Promise<Record<string, number> & { readonly users: number }> {
    const { store } = this.options;
    await store.notices.forgetUser(userId);
    await store.audit.forgetUser(userId);
    return {
      // First: pending thumbs would otherwise be recorded again.
      feedback: await store.feedback.deleteByUser(userId),
      activity: await store.activity.deleteByUser(userId),
      profiles: await store.profiles.delete(userId),
      // Before the timeline: a run that is writing a timeline checks afterwards which users still exist.
      users: await store.users.delete(userId),
      personaHistory: await store.personaHistory.deleteByUser(userId),
      shownLists: await store.shownLists.deleteByUser(userId),
      tokens: await store.tokens.deleteByUser(userId),
    };
  }

  /** Drops the user from this process's memory and from every open window. */
  private async forget(userId: string): Promise<void> {
    const { registry, bus } = this.options;
    this.erased.set(userId, true);
    await this.settle(userId);
    registry.forgetUser(userId);
    bus.publish('user.erased', { userId });
  }

  /** Blanks the user in the stored versions. Returns the number of versions that contained the user. */
  private async blankInVersions(userId: string): Promise<number> {
    return this.inVersions(userId, (version, bytes) =>
      this.options.store.models.replacePart(version, { name: MAP_USERS, bytes }),
    );
  }

  /**
   * Counts the stored versions with the user in their cluster map. Calls `found` with each version and its user list
   * without the user.
   */
  private async inVersions(
    userId: string,
    found?: (version: number, bytes: Uint8Array) => Promise<void>,
  ): Promise<number> {
    const { models } = this.options.store;
    let count = 0;
    for (const { version } of await models.list(ALL_VERSIONS)) {
      const users = (await models.getParts(version)).get(MAP_USERS);
      const bytes = users === undefined ? null : blankUsers(users, (other) => other === userId);
      if (bytes === null) continue;
      await found?.(version, bytes);
      count += 1;
    }
    return count;
  }
}
